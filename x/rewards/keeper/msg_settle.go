package keeper

import (
	"context"
	"crypto/ed25519"

	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/pkg/receipt"
	"github.com/orbnetwork/orb/x/rewards/types"
)

// receiptGas is what checking one receipt's signature costs.
const receiptGas = 1_000

// Settle redeems receipts. A bad one is skipped and its outcome tells why; when none pays the message fails with the first one's reason.
func (s msgServer) Settle(ctx context.Context, msg *types.MsgSettle) (*types.MsgSettleResponse, error) {
	params, err := s.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	if err := validateEntries(params, len(msg.Receipts)); err != nil {
		return nil, err
	}
	batch, err := s.newSettlement(ctx, params, msg.Receipts)
	if err != nil {
		return nil, err
	}
	response := &types.MsgSettleResponse{Outcomes: make([]types.SettleOutcome, 0, len(msg.Receipts))}
	var paid uint64
	var refused error
	for i := range msg.Receipts {
		requests, err := batch.redeem(i)
		code, known := skipCode(err)
		if !known {
			return nil, err
		}
		if err != nil && refused == nil {
			refused = err
		}
		paid += requests
		response.Outcomes = append(response.Outcomes, types.SettleOutcome{Requests: requests, Code: code})
	}
	if paid == 0 {
		return nil, errors.Wrapf(types.ErrNothingPaid, "first of %d: %s", len(msg.Receipts), refused)
	}
	for _, t := range batch.tallies {
		s.noteTally(ctx, t)
	}
	return response, batch.due.note(ctx, s.Keeper)
}

// skipCode returns the code of an error that only concerns its own receipt; others fail the message.
func skipCode(err error) (code uint32, known bool) {
	if err == nil {
		return 0, true
	}
	for _, skipped := range []*errors.Error{types.ErrLaneClosed, types.ErrStale, types.ErrOverCap, types.ErrInvalidReceipt} {
		if errors.IsOf(err, skipped) {
			return skipped.ABCICode(), true
		}
	}
	return 0, false
}

// settlement is one message's receipts with what they share: each lane and owner is read once and each payee noted once.
type settlement struct {
	Keeper
	ctx      sdk.Context
	params   types.Params
	receipts []receipt.Receipt
	// refused holds what is wrong with a receipt whatever comes before it in the message.
	refused []error
	lanes   map[string]*types.Lane
	owners  map[string]string
	due     dues
	tallies []tally
}

// newSettlement reads the lanes and checks all signatures at once, which costs half of one by one. A receipt that could not pay is
// refused before its signature is looked at.
func (k Keeper) newSettlement(ctx context.Context, params types.Params, receipts []receipt.Receipt) (*settlement, error) {
	s := &settlement{
		Keeper: k, ctx: sdk.UnwrapSDKContext(ctx), params: params, receipts: receipts, refused: make([]error, len(receipts)),
		lanes: make(map[string]*types.Lane), owners: make(map[string]string), due: newDues(),
	}
	var (
		signed []int
		claims []receipt.Receipt
		keys   []ed25519.PublicKey
	)
	for i, r := range receipts {
		lane, err := s.lane(r.LaneId)
		if err == nil {
			err = lane.Admit(r.Count, s.ctx.BlockHeight())
		}
		if _, known := skipCode(err); !known {
			return nil, err
		}
		if s.refused[i] = err; err != nil {
			continue
		}
		s.ctx.GasMeter().ConsumeGas(receiptGas, "receipt signature")
		signed, claims, keys = append(signed, i), append(claims, r), append(keys, lane.SessionKey)
	}
	for i, err := range receipt.VerifyAll(s.ctx.ChainID(), claims, keys) {
		if err != nil {
			s.refused[signed[i]] = errors.Wrap(types.ErrInvalidReceipt, err.Error())
		}
	}
	return s, nil
}

func (s *settlement) lane(id []byte) (*types.Lane, error) {
	if lane, read := s.lanes[string(id)]; read {
		return lane, nil
	}
	lane, err := s.GetLane(s.ctx, id)
	if err != nil {
		return nil, err
	}
	s.lanes[string(id)] = &lane
	return &lane, nil
}

// redeem pays what a receipt claims beyond what is settled. It writes one number of the store.
func (s *settlement) redeem(i int) (requests uint64, err error) {
	if s.refused[i] != nil {
		return 0, s.refused[i]
	}
	count, lane := s.receipts[i].Count, s.lanes[string(s.receipts[i].LaneId)]
	if err := lane.Admit(count, s.ctx.BlockHeight()); err != nil {
		return 0, err // an earlier receipt of this message went further
	}
	owner, err := s.owner(lane.FunctionId)
	if err != nil {
		return 0, err
	}
	split := lane.Pays(count)
	s.due.add(forServing, lane.Operator, split.Host)
	s.due.add(forOwning, owner, split.Owner)
	s.due.add(forRouting, lane.Opener, split.Gateway)
	s.due.burned, s.due.validators = s.due.burned.Add(split.Burned), s.due.validators.Add(split.Validators)

	requests = count - lane.Redeemed
	s.tally(tally{functionID: lane.FunctionId, orbID: lane.OrbId, requests: requests, split: split, hosting: math.ZeroInt()})
	lane.Redeemed = count
	if err := s.Redeemed.Set(s.ctx, lane.Id, count); err != nil {
		return 0, err
	}
	event := types.EventLaneSettled{
		LaneId: lane.Id, FunctionId: lane.FunctionId, Payer: lane.Payer, OrbId: lane.OrbId, Requests: requests, Count: count,
		Spent: coin(s.params, split.Spent), Host: coin(s.params, split.Host), Owner: coin(s.params, split.Owner), Fee: coin(s.params, split.Fee),
		Burned: coin(s.params, split.Burned), Gateway: coin(s.params, split.Gateway), Validators: coin(s.params, split.Validators),
	}
	s.ctx.EventManager().EmitEvent(event.Typed())
	return requests, nil
}

// tally sums by function and node; a batch is mostly of one node's lanes, in no order.
func (s *settlement) tally(next tally) {
	for i, t := range s.tallies {
		if t.functionID == next.functionID && t.orbID == next.orbID {
			s.tallies[i] = t.add(next)
			return
		}
	}
	s.tallies = append(s.tallies, next)
}

func (s *settlement) owner(functionID string) (string, error) {
	if owner, read := s.owners[functionID]; read {
		return owner, nil
	}
	fn, err := s.functions.GetFunction(s.ctx, functionID)
	if err != nil {
		return "", err
	}
	s.owners[functionID] = fn.Owner
	return fn.Owner, nil
}

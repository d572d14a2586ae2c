package simulation

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/pkg/receipt"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/rewards/keeper"
	"github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// Chain is what the operations ask of the other modules' queries.
type Chain interface {
	Functions(ctx context.Context, req *functionstypes.QueryFunctionsRequest) (*functionstypes.QueryFunctionsResponse, error)
	Seeds(ctx context.Context, req *seedingtypes.QuerySeedsRequest) (*seedingtypes.QuerySeedsResponse, error)
	Nodes(ctx context.Context, req *seedingtypes.QueryNodesRequest) (*seedingtypes.QueryNodesResponse, error)
}

// UpdateParams proposes another tariff and split.
func UpdateParams() simsx.SimMsgFactoryFn[*types.MsgUpdateParams] {
	return func(_ context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUpdateParams) {
		return nil, &types.MsgUpdateParams{
			Authority: data.ModuleAccountAddress(reporter, "gov"),
			Params:    RandomGenesis(data.Rand().Rand).Params,
		}
	}
}

func anyFunction(ctx context.Context, chain Chain, data *simsx.ChainDataSource, reporter simsx.SimulationReporter, status functionstypes.FunctionStatus) functionstypes.Function {
	answer, err := chain.Functions(ctx, &functionstypes.QueryFunctionsRequest{})
	if err != nil {
		reporter.Skip(err.Error())
		return functionstypes.Function{}
	}
	var eligible []functionstypes.Function
	for _, fn := range answer.Functions {
		if fn.Status == status {
			eligible = append(eligible, fn)
		}
	}
	if len(eligible) == 0 {
		reporter.Skip("no such function")
		return functionstypes.Function{}
	}
	return simsx.OneOf(data.Rand(), eligible)
}

// Subscribe pays into a subscription, with a random delegate and limits.
func Subscribe(chain Chain) simsx.SimMsgFactoryFn[*types.MsgSubscribe] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgSubscribe) {
		payer := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		delegate := data.AnyAccount(reporter)
		fn := anyFunction(ctx, chain, data, reporter, functionstypes.FUNCTION_STATUS_ACTIVE)
		if reporter.IsSkipped() {
			return nil, nil
		}
		deposit := payer.LiquidBalance().RandSubsetCoin(reporter, fn.Price.Denom)
		limits := types.NoLimits()
		if data.Rand().Bool() {
			limits.MaxSpend = deposit.Amount.QuoRaw(2)
		}
		return []simsx.SimAccount{payer}, &types.MsgSubscribe{
			Payer: payer.AddressBech32, FunctionId: fn.Id, Deposit: deposit, Delegate: delegate.AddressBech32, Limits: limits,
			Public: payer.AddressBech32 == fn.Owner,
		}
	}
}

// sessionKey gives each payer the key of all its lanes, so that it need not be kept between messages.
func sessionKey(payer string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("simulated session of " + payer))
	return ed25519.NewKeyFromSeed(seed[:])
}

// OpenLanes opens a lane on a random subscription for a random host, or raises one.
func OpenLanes(k keeper.Keeper, chain Chain) simsx.SimMsgFactoryFn[*types.MsgOpenLanes] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgOpenLanes) {
		fn := anyFunction(ctx, chain, data, reporter, functionstypes.FUNCTION_STATUS_ACTIVE)
		if reporter.IsSkipped() {
			return nil, nil
		}
		seeds, err := chain.Seeds(ctx, &seedingtypes.QuerySeedsRequest{FunctionId: fn.Id})
		subscriptions, err2 := keeper.NewQueryServer(k).Subscriptions(ctx, &types.QuerySubscriptionsRequest{FunctionId: fn.Id})
		if err != nil || err2 != nil || len(seeds.Seeds) == 0 || len(subscriptions.Subscriptions) == 0 {
			reporter.Skip("nobody to pay or to be paid")
			return nil, nil
		}
		s := simsx.OneOf(data.Rand(), subscriptions.Subscriptions)
		payer := data.GetAccount(reporter, s.Payer)
		affordable := s.Balance.Quo(fn.Price.Amount)
		if reporter.IsSkipped() || !affordable.IsPositive() {
			reporter.Skip("subscription is empty")
			return nil, nil
		}
		requests := 1 + uint64(data.Rand().Int63n(min(affordable.Int64(), 1_000)))
		entry := types.LaneEntry{
			Payer: s.Payer, FunctionId: fn.Id, OrbId: simsx.OneOf(data.Rand(), seeds.Seeds).Node.OrbId,
			SessionKey: sessionKey(s.Payer).Public().(ed25519.PublicKey), Price: fn.Price, Cap: requests,
		}
		lanes, err := keeper.NewQueryServer(k).Lanes(ctx, &types.QueryLanesRequest{Payer: s.Payer})
		if err == nil && len(lanes.Lanes) > 0 && data.Rand().Bool() {
			lane := simsx.OneOf(data.Rand(), lanes.Lanes)
			if lane.FunctionId == fn.Id && lane.Price.Equal(fn.Price.Amount) && lane.Expiry > sdk.UnwrapSDKContext(ctx).BlockHeight() {
				entry = types.LaneEntry{LaneId: lane.Id, Price: fn.Price, Cap: lane.Cap + requests}
			}
		}
		return []simsx.SimAccount{payer}, &types.MsgOpenLanes{Opener: s.Payer, Entries: []types.LaneEntry{entry}}
	}
}

// Settle redeems honest receipts of a random host's lanes, mixed with ones that are stale, forged or over the cap. A stranger sends them.
func Settle(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgSettle] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgSettle) {
		settler := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		lanes, err := openLanes(ctx, k)
		if err != nil || len(lanes) == 0 || reporter.IsSkipped() {
			reporter.Skip("nothing to settle")
			return nil, nil
		}
		chainID, r := sdk.UnwrapSDKContext(ctx).ChainID(), data.Rand()
		first := simsx.OneOf(r, lanes)
		honest := func(lane types.Lane) receipt.Receipt {
			return receipt.Sign(sessionKey(lane.Payer), chainID, lane.Id, lane.Redeemed+1+uint64(r.Int63n(int64(lane.Cap-lane.Redeemed))))
		}
		receipts := []receipt.Receipt{honest(first)}
		for range r.Intn(5) {
			lane := simsx.OneOf(r, lanes)
			next := honest(lane)
			switch r.Intn(4) {
			case 0:
				next = receipt.Sign(sessionKey(lane.Payer), chainID, lane.Id, lane.Redeemed)
			case 1:
				next = receipt.Sign(sessionKey(lane.Payer), chainID, lane.Id, lane.Cap+1)
			case 2:
				next.Signature = bytes.Repeat([]byte{1}, ed25519.SignatureSize)
			}
			receipts = append(receipts, next)
		}
		return []simsx.SimAccount{settler}, &types.MsgSettle{Settler: settler.AddressBech32, Receipts: receipts}
	}
}

// openLanes lists the lanes on which something can still be redeemed.
func openLanes(ctx context.Context, k keeper.Keeper) ([]types.Lane, error) {
	genesis, err := k.ExportGenesis(ctx)
	if err != nil {
		return nil, err
	}
	var open []types.Lane
	for _, lane := range genesis.Lanes {
		if lane.Redeemed < lane.Cap && lane.Closes > sdk.UnwrapSDKContext(ctx).BlockHeight() {
			open = append(open, lane)
		}
	}
	return open, nil
}

// ClaimHosting claims for a random node what any of its seeds is due.
func ClaimHosting(k keeper.Keeper, chain Chain) simsx.SimMsgFactoryFn[*types.MsgClaimHosting] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgClaimHosting) {
		sender := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		nodes, err := chain.Nodes(ctx, &seedingtypes.QueryNodesRequest{})
		if err != nil || len(nodes.Nodes) == 0 || reporter.IsSkipped() {
			reporter.Skip("no node")
			return nil, nil
		}
		node := simsx.OneOf(data.Rand(), nodes.Nodes)
		seeds, err := chain.Seeds(ctx, &seedingtypes.QuerySeedsRequest{OrbId: node.OrbId})
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		var due []string
		for _, seed := range seeds.Seeds {
			escrow, err := k.Escrows.Get(ctx, seed.Seed.FunctionId)
			if err != nil {
				continue
			}
			if amount, _ := escrow.Pay(node, seed.Seed); amount.IsPositive() && len(due) < 10 {
				due = append(due, seed.Seed.FunctionId)
			}
		}
		if len(due) == 0 {
			reporter.Skip("nothing is due")
			return nil, nil
		}
		return []simsx.SimAccount{sender}, &types.MsgClaimHosting{Sender: sender.AddressBech32, OrbId: node.OrbId, FunctionIds: due}
	}
}

// anySubscription is a random payer's.
func anySubscription(ctx context.Context, k keeper.Keeper, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) types.Subscription {
	var all []types.Subscription
	if err := k.Subscriptions.Walk(ctx, nil, func(_ collections.Pair[string, string], s types.Subscription) (bool, error) {
		all = append(all, s)
		return false, nil
	}); err != nil || len(all) == 0 {
		reporter.Skip("no subscription")
		return types.Subscription{}
	}
	return simsx.OneOf(data.Rand(), all)
}

// payerOf is who pays for a subscription, or now and then somebody who would like to.
func payerOf(s types.Subscription, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) simsx.SimAccount {
	if reporter.IsSkipped() || data.Rand().Intn(5) == 0 {
		return data.AnyAccount(reporter, simsx.WithSpendableBalance())
	}
	payer := data.GetAccount(reporter, s.Payer)
	if !reporter.IsSkipped() && payer.LiquidBalance().Empty() {
		reporter.Skip("payer has nothing left for gas")
	}
	return payer
}

// TopUp adds to a random subscription, whoever's it is.
func TopUp(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgTopUp] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgTopUp) {
		sender := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		s := anySubscription(ctx, k, data, reporter)
		if reporter.IsSkipped() {
			return nil, nil
		}
		amount := sender.LiquidBalance().RandSubsetCoin(reporter, functionstypes.Denom)
		return []simsx.SimAccount{sender}, &types.MsgTopUp{Sender: sender.AddressBech32, Payer: s.Payer, FunctionId: s.FunctionId, Amount: amount}
	}
}

// SetDelegate names another delegate, or none.
func SetDelegate(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgSetDelegate] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgSetDelegate) {
		s := anySubscription(ctx, k, data, reporter)
		payer := payerOf(s, data, reporter)
		if reporter.IsSkipped() {
			return nil, nil
		}
		msg := &types.MsgSetDelegate{Payer: payer.AddressBech32, FunctionId: s.FunctionId, Limits: types.NoLimits()}
		if data.Rand().Bool() {
			msg.Delegate = data.AnyAccount(reporter).AddressBech32
		}
		return []simsx.SimAccount{payer}, msg
	}
}

// Unsubscribe takes a random balance back.
func Unsubscribe(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgUnsubscribe] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUnsubscribe) {
		s := anySubscription(ctx, k, data, reporter)
		payer := payerOf(s, data, reporter)
		if reporter.IsSkipped() {
			return nil, nil
		}
		return []simsx.SimAccount{payer}, &types.MsgUnsubscribe{Payer: payer.AddressBech32, FunctionId: s.FunctionId}
	}
}

// CloseLanes has the host, the payer or a stranger close a random lane.
func CloseLanes(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgCloseLanes] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgCloseLanes) {
		lanes, err := openLanes(ctx, k)
		if err != nil || len(lanes) == 0 {
			reporter.Skip("no lane")
			return nil, nil
		}
		lane := simsx.OneOf(data.Rand(), lanes)
		sender := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		if who := data.Rand().Intn(5); who < 4 {
			sender = data.GetAccount(reporter, []string{lane.Operator, lane.Payer}[who%2])
		}
		if reporter.IsSkipped() || sender.LiquidBalance().Empty() {
			reporter.Skip("nobody to close it")
			return nil, nil
		}
		return []simsx.SimAccount{sender}, &types.MsgCloseLanes{Sender: sender.AddressBech32, LaneIds: [][]byte{lane.Id}}
	}
}

// FundFunction pays for some epochs of hosting, of a function with base replicas or of one that gets its first.
func FundFunction(k keeper.Keeper, chain Chain) simsx.SimMsgFactoryFn[*types.MsgFundFunction] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgFundFunction) {
		sender := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		fn := anyFunction(ctx, chain, data, reporter, functionstypes.FUNCTION_STATUS_ACTIVE)
		if reporter.IsSkipped() {
			return nil, nil
		}
		msg := &types.MsgFundFunction{
			Sender: sender.AddressBech32, FunctionId: fn.Id, Epochs: 1 + uint64(data.Rand().Intn(20)), BaseReplicas: 1 + uint32(data.Rand().Intn(3)),
		}
		quote, err := keeper.NewQueryServer(k).FundQuote(ctx, &types.QueryFundQuoteRequest{
			FunctionId: fn.Id, Epochs: msg.Epochs, BaseReplicas: msg.BaseReplicas,
		})
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		msg.MaxCost = quote.Cost
		return []simsx.SimAccount{sender}, msg
	}
}

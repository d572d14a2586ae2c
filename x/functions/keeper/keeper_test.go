package keeper_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"strings"
	"testing"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"
	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec/address"
	sdked25519 "github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/store/v2/rootmulti"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	moduletestutil "github.com/cosmos/cosmos-sdk/types/module/testutil"
	"github.com/cosmos/cosmos-sdk/x/auth"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/bank"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	"github.com/cosmos/cosmos-sdk/x/staking"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/orbnetwork/orb/pkg/orbid"
	"github.com/orbnetwork/orb/x/functions/keeper"
	"github.com/orbnetwork/orb/x/functions/types"
)

const chainID = "orb-test"

var authority = authtypes.NewModuleAddress(govtypes.ModuleName).String()

// funds in uorb of each person at the start.
const funds = 100_000_000

// suite is x/functions on real bank and staking keepers. Other modules' hooks only record.
type suite struct {
	*testing.T
	ctx     sdk.Context
	keeper  keeper.Keeper
	staking *stakingkeeper.Keeper
	bank    bankkeeper.BaseKeeper
	msgs    types.MsgServer
	queries types.QueryServer
	hooks   *recorder
	bonds   *bonds
}

type recorder struct {
	deployed  []types.Function
	proposed  []types.Version
	activated []types.Version
	priced    []types.Function
	maxCost   sdk.Coin
	decided   []types.Claim
	payees    [][]string
	ended     []types.Function
	pruned    []types.Function
	// refuse and panics make the next hook fail; busy is for how many calls a function cannot be pruned.
	refuse error
	panics bool
	busy   int
}

func (r *recorder) AfterFunctionDeployed(_ context.Context, fn types.Function, _ types.Version, maxCost sdk.Coin) error {
	r.deployed, r.maxCost = append(r.deployed, fn), maxCost
	return r.refuse
}

func (r *recorder) AfterVersionProposed(_ context.Context, _ types.Function, v types.Version, maxCost sdk.Coin) error {
	r.proposed, r.maxCost = append(r.proposed, v), maxCost
	return r.refuse
}

func (r *recorder) AfterVersionActivated(_ context.Context, _ types.Function, v types.Version) error {
	r.activated = append(r.activated, v)
	return r.refuse
}

func (r *recorder) AfterPriceSet(_ context.Context, fn types.Function) error {
	r.priced = append(r.priced, fn)
	return r.refuse
}

func (r *recorder) AfterClaimDecided(_ context.Context, claim types.Claim, payees []string) error {
	if r.panics {
		panic("hook")
	}
	r.decided, r.payees = append(r.decided, claim), append(r.payees, payees)
	return r.refuse
}

func (r *recorder) AfterFunctionEnded(_ context.Context, fn types.Function) error {
	if r.panics {
		panic("hook")
	}
	r.ended = append(r.ended, fn)
	return r.refuse
}

func (r *recorder) PruneFunction(_ context.Context, fn types.Function, _ uint32) (bool, error) {
	if r.busy > 0 {
		r.busy--
		return false, nil
	}
	r.pruned = append(r.pruned, fn)
	return true, r.refuse
}

// bonds keeps one bond for each node in an account of its own.
type bonds struct {
	bank bankkeeper.BaseKeeper
	// operators by Orb ID; who is not in here is no node.
	operators map[string]string
	held      map[string]int
	refuse    error
}

const bondsModule = "bonds"

func (b *bonds) HoldBond(ctx context.Context, orbID string) (string, math.Int, error) {
	operator, exists := b.operators[orbID]
	if !exists {
		return "", math.ZeroInt(), types.ErrNotFound
	}
	b.held[orbID]++
	return operator, b.bank.GetBalance(ctx, authtypes.NewModuleAddress(bondsModule), types.Denom).Amount, nil
}

func (b *bonds) ReleaseBond(_ context.Context, orbID string) error {
	b.held[orbID]--
	return b.refuse
}

func (b *bonds) SlashBond(ctx context.Context, _ string, bps uint32) (math.Int, error) {
	bond := b.bank.GetBalance(ctx, authtypes.NewModuleAddress(bondsModule), types.Denom).Amount
	slashed := bond.MulRaw(int64(bps)).QuoRaw(types.BasisPoints)
	return slashed, b.bank.SendCoinsFromModuleToModule(ctx, bondsModule, types.ModuleName, sdk.NewCoins(sdk.NewCoin(types.Denom, slashed)))
}

func newSuite(t *testing.T) *suite {
	t.Helper()
	s := emptySuite(t)
	require.NoError(t, s.keeper.InitGenesis(s.ctx, types.DefaultGenesis()))
	return s
}

// emptySuite has no state in x/functions.
func emptySuite(t *testing.T) *suite {
	t.Helper()
	keys := storetypes.NewKVStoreKeys(authtypes.StoreKey, banktypes.StoreKey, stakingtypes.StoreKey, types.StoreKey)
	objects := storetypes.NewObjectStoreKey(banktypes.ObjectStoreKey)
	store := rootmulti.NewStore(dbm.NewMemDB(), log.NewNopLogger())
	for _, key := range keys {
		store.MountStoreWithDB(key, storetypes.StoreTypeIAVL, nil)
	}
	store.MountStoreWithDB(objects, storetypes.StoreTypeObject, nil)
	require.NoError(t, store.LoadLatestVersion())

	encoding := moduletestutil.MakeTestEncodingConfig(auth.AppModuleBasic{}, bank.AppModuleBasic{}, staking.AppModuleBasic{})
	types.RegisterInterfaces(encoding.InterfaceRegistry)
	accounts := authkeeper.NewAccountKeeper(encoding.Codec, runtime.NewKVStoreService(keys[authtypes.StoreKey]), authtypes.ProtoBaseAccount,
		map[string][]string{
			stakingtypes.BondedPoolName:         {authtypes.Burner, authtypes.Staking},
			stakingtypes.NotBondedPoolName:      {authtypes.Burner, authtypes.Staking},
			stakingtypes.KeyRotationFeePoolName: {authtypes.Burner},
			types.ModuleName:                    {authtypes.Burner},
			authtypes.FeeCollectorName:          nil,
			bondsModule:                         nil,
			"mint":                              {authtypes.Minter},
		}, address.NewBech32Codec(types.AccountPrefix), types.AccountPrefix, authority)
	s := &suite{
		T:     t,
		ctx:   sdk.NewContext(store, cmtproto.Header{ChainID: chainID, Height: 10}, false, log.NewNopLogger()),
		hooks: &recorder{},
		bank: bankkeeper.NewBaseKeeper(encoding.Codec, runtime.NewKVStoreService(keys[banktypes.StoreKey]), accounts,
			map[string]bool{authtypes.NewModuleAddress(types.ModuleName).String(): true}, authority, log.NewNopLogger()).WithObjStoreKey(objects),
	}
	s.staking = stakingkeeper.NewKeeper(encoding.Codec, runtime.NewKVStoreService(keys[stakingtypes.StoreKey]), accounts, s.bank, authority,
		address.NewBech32Codec(types.AccountPrefix+"valoper"), address.NewBech32Codec(types.AccountPrefix+"valcons"))
	require.NoError(t, s.bank.SetParams(s.ctx, banktypes.DefaultParams()))
	require.NoError(t, s.staking.SetParams(s.ctx, stakingtypes.DefaultParams()))
	for _, name := range []string{types.ModuleName, authtypes.FeeCollectorName, bondsModule, "mint"} {
		accounts.GetModuleAccount(s.ctx, name)
	}
	for _, name := range []string{"alice", "bob", "rita"} {
		s.fund(person(name), funds)
	}
	s.bonds = &bonds{bank: s.bank, operators: map[string]string{orbIDOf("host"): person("host").String()}, held: map[string]int{}}
	s.keeper = keeper.NewKeeper(encoding.Codec, runtime.NewKVStoreService(keys[types.StoreKey]), authority, s.staking, s.bank)
	s.keeper.SetHooks(s.hooks)
	s.keeper.SetEndings(s.hooks)
	s.keeper.SetBonds(s.bonds)
	s.msgs, s.queries = keeper.NewMsgServer(s.keeper), keeper.NewQueryServer(s.keeper)
	return s
}

func (s *suite) fund(address sdk.AccAddress, amount int64) {
	s.Helper()
	coins := sdk.NewCoins(sdk.NewInt64Coin(types.Denom, amount))
	require.NoError(s, s.bank.MintCoins(s.ctx, "mint", coins))
	require.NoError(s, s.bank.SendCoinsFromModuleToAccount(s.ctx, "mint", address, coins))
}

func (s *suite) balance(name string) int64 {
	return s.bank.GetBalance(s.ctx, person(name), types.Denom).Amount.Int64()
}

// held is what the module's account has.
func (s *suite) held() sdk.Coin {
	return s.bank.GetBalance(s.ctx, authtypes.NewModuleAddress(types.ModuleName), types.Denom)
}

// person returns the address that a name always has.
func person(name string) sdk.AccAddress {
	sum := sha256.Sum256([]byte(name))
	return sum[:20]
}

func orbIDOf(name string) string {
	return orbid.FromKey(signingKey(name).Public().(ed25519.PublicKey))
}

func signingKey(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("key of " + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

// validator makes a bonded validator with a power and returns its operator address.
func (s *suite) validator(name string, power int64) sdk.ValAddress {
	s.Helper()
	operator := sdk.ValAddress(person(name))
	v, err := stakingtypes.NewValidator(operator.String(), sdked25519.GenPrivKey().PubKey(), stakingtypes.Description{Moniker: name})
	require.NoError(s, err)
	v.Status = stakingtypes.Bonded
	v.Tokens = s.staking.TokensFromConsensusPower(s.ctx, power)
	v.DelegatorShares = math.LegacyNewDecFromInt(v.Tokens)
	require.NoError(s, s.staking.SetValidator(s.ctx, v))
	require.NoError(s, s.staking.SetNewValidatorByPowerIndex(s.ctx, v))
	return operator
}

// superNode makes a validator with a power a super node, whose attester is "<name>-attester".
func (s *suite) superNode(name string, power int64) sdk.ValAddress {
	s.Helper()
	operator := s.validator(name, power)
	_, err := s.msgs.RegisterSuperNode(s.ctx, registration(name))
	require.NoError(s, err)
	return operator
}

func registration(name string) *types.MsgRegisterSuperNode {
	return &types.MsgRegisterSuperNode{
		Operator:  person(name).String(),
		Attester:  person(name + "-attester").String(),
		OrbId:     orbIDOf(name),
		Endpoint:  "https://" + name + ".example",
		Addresses: []string{"/ip4/127.0.0.1/tcp/4001"},
	}
}

// deployment returns a signed deploy of a function by the account "alice".
func deployment(name string) *types.MsgDeployFunction {
	digest := sha256.Sum256([]byte(name))
	cid := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(append([]byte{0x01, 0x55, 0x12, 0x20}, digest[:]...))
	msg := &types.MsgDeployFunction{
		Owner:         person("alice").String(),
		Name:          name,
		SigningKey:    signingKey(name).Public().(ed25519.PublicKey),
		Price:         sdk.NewInt64Coin(types.Denom, 50),
		OwnerShareBps: 5_000,
		Plan:          "starter",
		Artifact:      types.Artifact{Cid: "b" + strings.ToLower(cid), Sha256: digest[:], MerkleRoot: digest[:], Size_: 1 << 20},
		Sample:        types.Sample{Request: []byte("hello")},
		Complexity:    120_000,
		FuelLimit:     1_200_000,
		MemoryLimit:   16 << 20,
		Contract:      types.CONTRACT_FILTER,
		MaxCost:       sdk.NewInt64Coin(types.Denom, 1_000_000),
	}
	return sign(msg)
}

func sign(msg *types.MsgDeployFunction) *types.MsgDeployFunction {
	version := msg.Version()
	msg.Signature = ed25519.Sign(signingKey(msg.Name), types.VersionSignBytes(chainID, msg.Owner, msg.Name, &version))
	return msg
}

func (s *suite) deploy(name string) *types.MsgDeployFunctionResponse {
	s.Helper()
	response, err := s.msgs.DeployFunction(s.ctx, deployment(name))
	require.NoError(s, err)
	return response
}

// valid is what an honest super node finds for a deployment.
func valid(name string, claimID []byte) *types.MsgRevealAttestation {
	response, salt := sha256.Sum256([]byte("response")), sha256.Sum256([]byte(name))
	return &types.MsgRevealAttestation{
		Attester:     person(name + "-attester").String(),
		ClaimId:      claimID,
		Verdict:      types.VERDICT_VALID,
		ResponseHash: response[:],
		Fuel:         120_000,
		Salt:         salt[:],
	}
}

// verdict is a finding without a response.
func verdict(name string, claimID []byte, v types.Verdict) *types.MsgRevealAttestation {
	reveal := valid(name, claimID)
	reveal.Verdict, reveal.ResponseHash, reveal.Fuel = v, nil, 0
	return reveal
}

func (s *suite) commit(name string, reveal *types.MsgRevealAttestation) error {
	_, err := s.msgs.CommitAttestation(s.ctx, &types.MsgCommitAttestation{
		Attester: person(name + "-attester").String(),
		ClaimId:  reveal.ClaimId,
		Commitment: types.AttestationCommitment(chainID, reveal.ClaimId, sdk.ValAddress(person(name)).String(),
			reveal.Verdict, reveal.ResponseHash, reveal.Fuel, reveal.Salt),
	})
	return err
}

func (s *suite) reveal(reveal *types.MsgRevealAttestation) error {
	_, err := s.msgs.RevealAttestation(s.ctx, reveal)
	return err
}

func (s *suite) claim(id []byte) types.Claim {
	s.Helper()
	claim, err := s.keeper.Claims.Get(s.ctx, id)
	require.NoError(s, err)
	return claim
}

// endBlock ends the block at a height as the app does, checks that the module holds what it owes, and goes on to the next.
func (s *suite) endBlock(height int64) {
	s.Helper()
	s.ctx = s.ctx.WithBlockHeight(height)
	require.NoError(s, s.bank.CreditVirtualAccounts(s.ctx))
	require.NoError(s, s.keeper.Conserved(s.ctx, s.held()))
	supply := s.bank.GetSupply(s.ctx, types.Denom)
	s.ctx = s.ctx.WithEventManager(sdk.NewEventManager())
	require.NoError(s, s.keeper.EndBlock(s.ctx))
	require.NoError(s, s.keeper.Conserved(s.ctx, s.held()))
	require.Equal(s, supply, s.bank.GetSupply(s.ctx, types.Denom).Add(s.burned()), "what is not burned is still there")
	s.ctx.MultiStore().(storetypes.CommitMultiStore).Commit()
	s.ctx = s.ctx.WithBlockHeight(height + 1).WithEventManager(sdk.NewEventManager())
}

// burned is what the events of this block say.
func (s *suite) burned() sdk.Coin {
	s.Helper()
	burned := sdk.NewInt64Coin(types.Denom, 0)
	for _, event := range s.ctx.EventManager().ABCIEvents() {
		if message, err := sdk.ParseTypedEvent(event); err == nil {
			if settled, is := message.(*types.EventDisputeSettled); is {
				burned = burned.Add(settled.Burned)
			}
		}
	}
	return burned
}

// roundTrip checks that the state is valid and survives an export and an import.
func (s *suite) roundTrip() {
	s.Helper()
	exported, err := s.keeper.ExportGenesis(s.ctx)
	require.NoError(s, err)
	require.NoError(s, exported.Validate())
	other := emptySuite(s.T)
	require.NoError(s, other.keeper.InitGenesis(other.ctx, exported))
	again, err := other.keeper.ExportGenesis(other.ctx)
	require.NoError(s, err)
	require.Equal(s, exported, again)
	mine, err := keysOf(s.keeper.Deadlines.Iterate(s.ctx, nil))
	require.NoError(s, err)
	theirs, err := keysOf(other.keeper.Deadlines.Iterate(other.ctx, nil))
	require.NoError(s, err)
	require.Equal(s, mine, theirs)
}

// keysOf is all keys of a set.
func keysOf(iterator collections.KeySetIterator[collections.Pair[int64, []byte]], err error) ([]collections.Pair[int64, []byte], error) {
	if err != nil {
		return nil, err
	}
	return iterator.Keys()
}

var errRefused = errors.New("refused")

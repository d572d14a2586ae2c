package keeper_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec/address"
	sdked25519 "github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil"
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

// suite is x/functions on a real staking keeper, with the money left out: hooks only record.
type suite struct {
	*testing.T
	ctx     sdk.Context
	keeper  keeper.Keeper
	staking *stakingkeeper.Keeper
	msgs    types.MsgServer
	queries types.QueryServer
	hooks   *recorder
	cdc     moduletestutil.TestEncodingConfig
}

type recorder struct {
	deployed []types.Function
	maxCost  sdk.Coin
	decided  []types.Claim
	majority [][]string
	// refuse and panics make the next hook fail.
	refuse error
	panics bool
}

func (r *recorder) AfterFunctionDeployed(_ context.Context, fn types.Function, _ types.Version, maxCost sdk.Coin) error {
	r.deployed, r.maxCost = append(r.deployed, fn), maxCost
	return r.refuse
}

func (r *recorder) AfterClaimDecided(_ context.Context, claim types.Claim, majority []string) error {
	if r.panics {
		panic("hook")
	}
	r.decided, r.majority = append(r.decided, claim), append(r.majority, majority)
	return r.refuse
}

func newSuite(t *testing.T) *suite {
	t.Helper()
	keys := storetypes.NewKVStoreKeys(authtypes.StoreKey, banktypes.StoreKey, stakingtypes.StoreKey, types.StoreKey)
	encoding := moduletestutil.MakeTestEncodingConfig(auth.AppModuleBasic{}, bank.AppModuleBasic{}, staking.AppModuleBasic{})
	types.RegisterInterfaces(encoding.InterfaceRegistry)
	accounts := authkeeper.NewAccountKeeper(encoding.Codec, runtime.NewKVStoreService(keys[authtypes.StoreKey]), authtypes.ProtoBaseAccount,
		map[string][]string{
			stakingtypes.BondedPoolName:         {authtypes.Burner, authtypes.Staking},
			stakingtypes.NotBondedPoolName:      {authtypes.Burner, authtypes.Staking},
			stakingtypes.KeyRotationFeePoolName: {authtypes.Burner},
		}, address.NewBech32Codec(types.AccountPrefix), types.AccountPrefix, authority)
	banks := bankkeeper.NewBaseKeeper(encoding.Codec, runtime.NewKVStoreService(keys[banktypes.StoreKey]), accounts, nil, authority, log.NewNopLogger())
	s := &suite{
		T:     t,
		ctx:   testutil.DefaultContextWithKeys(keys, nil, nil).WithChainID(chainID).WithBlockHeight(10),
		hooks: &recorder{},
		cdc:   encoding,
		staking: stakingkeeper.NewKeeper(encoding.Codec, runtime.NewKVStoreService(keys[stakingtypes.StoreKey]), accounts, banks, authority,
			address.NewBech32Codec(types.AccountPrefix+"valoper"), address.NewBech32Codec(types.AccountPrefix+"valcons")),
	}
	require.NoError(t, s.staking.SetParams(s.ctx, stakingtypes.DefaultParams()))
	s.keeper = keeper.NewKeeper(encoding.Codec, runtime.NewKVStoreService(keys[types.StoreKey]), authority, s.staking)
	s.keeper.SetHooks(s.hooks)
	require.NoError(t, s.keeper.InitGenesis(s.ctx, types.DefaultGenesis()))
	s.msgs, s.queries = keeper.NewMsgServer(s.keeper), keeper.NewQueryServer(s.keeper)
	return s
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

// endBlock ends the block at a height and goes on to the next.
func (s *suite) endBlock(height int64) {
	s.Helper()
	s.ctx = s.ctx.WithBlockHeight(height)
	require.NoError(s, s.keeper.EndBlock(s.ctx))
	s.ctx = s.ctx.WithBlockHeight(height + 1)
}

// roundTrip checks that the state is valid and survives an export and an import.
func (s *suite) roundTrip() {
	s.Helper()
	exported, err := s.keeper.ExportGenesis(s.ctx)
	require.NoError(s, err)
	require.NoError(s, exported.Validate())
	other := newSuite(s.T)
	require.NoError(s, other.keeper.InitGenesis(other.ctx, exported))
	again, err := other.keeper.ExportGenesis(other.ctx)
	require.NoError(s, err)
	require.Equal(s, exported, again)
}

var errRefused = errors.New("refused")

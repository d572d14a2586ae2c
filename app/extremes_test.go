package app_test

import (
	"reflect"
	"testing"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"

	"github.com/orbnetwork/orb/testutil/fixture"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// tried are the values that each param is set to, until one is accepted.
var tried = map[string][]uint64{
	"lowest": {0, 1, 2, 60, 100, 1_000, 1 << 16},
	"highest": {
		1 << 60, 1e18, 1 << 48, 1e12, 4 << 30, 1e9, 366 * 86_400 * 10, 256 << 20, 1e8, 1e7, 1e6, 1e5, 1e4, 9_999, 9_000, 5_000, 1_000, 256,
	},
}

// extreme sets every number of params, one after the other, to the first value with which they are still valid.
func extreme[P any](params *P, values []uint64, validate func(P) error, keep string) {
	var set func(reflect.Value)
	attempt := func(field reflect.Value, to func(uint64) reflect.Value) {
		before := reflect.New(field.Type()).Elem()
		before.Set(field)
		for _, value := range values {
			field.Set(to(value))
			if validate(*params) == nil {
				return
			}
		}
		field.Set(before)
	}
	set = func(v reflect.Value) {
		for i := range v.NumField() {
			field := v.Field(i)
			switch {
			case v.Type().Field(i).Name == keep:
			case field.Type() == reflect.TypeFor[sdk.Coin]():
				attempt(field, func(value uint64) reflect.Value {
					return reflect.ValueOf(sdk.NewCoin(functionstypes.Denom, math.NewIntFromUint64(value)))
				})
			case field.Kind() == reflect.Struct:
				set(field)
			case field.Kind() == reflect.Uint32 || field.Kind() == reflect.Uint64:
				attempt(field, func(value uint64) reflect.Value { return reflect.ValueOf(value).Convert(field.Type()) })
			}
		}
	}
	set(reflect.ValueOf(params).Elem())
}

// TestExtremeParams: governance sets every param to the lowest or the highest value that is accepted, in a state in which everything is
// under way. No block fails, all money stays, and what was earned before is paid as it was agreed.
func TestExtremeParams(t *testing.T) {
	authority := authtypes.NewModuleAddress(govtypes.ModuleName).String()
	for name, values := range tried {
		t.Run(name, func(t *testing.T) {
			functions, seeding, rewards := functionstypes.DefaultParams(), seedingtypes.DefaultParams(), rewardstypes.DefaultParams()
			seeding.EpochBlocks = lifeEpoch
			extreme(&functions, values, functionstypes.Params.Validate, "")
			extreme(&seeding, values, seedingtypes.Params.Validate, "EpochBlocks")
			extreme(&rewards, values, rewardstypes.Params.Validate, "")
			require.NotEqual(t, functionstypes.DefaultParams(), functions)
			require.NotEqual(t, rewardstypes.DefaultParams().FeeSplit, rewards.FeeSplit)

			l := newWitness(t, dbm.NewMemDB(), simtestutil.EmptyAppOptions{}).life
			lane := l.laneTo(hostC)
			govern(l.Chain,
				&functionstypes.MsgUpdateParams{Authority: authority, Params: functions},
				&seedingtypes.MsgUpdateParams{Authority: authority, Params: seeding},
				&rewardstypes.MsgUpdateParams{Authority: authority, Params: rewards},
			)
			before := l.Balance(l.Accounts[hostC].Address)
			l.block(l.settle(reporter, bob, lane, 20))
			// 20 requests for 50: 5% fee, of the rest half to the owner.
			require.EqualValues(t, 475, l.Balance(l.Accounts[hostC].Address)-before, "a lane keeps its terms")

			for round := range 20 {
				var txs [][]byte
				for _, a := range l.attempts(round) {
					txs = append(txs, l.Tx(l.Accounts[a.who], a.msgs...))
				}
				l.NextBlock(txs...) // refused or not: the block has to be made, and OnBlock counts the money
				l.Blocks(4)
			}
		})
	}
}

// laneTo is the lane that bob has open to a host.
func (l *life) laneTo(host int) (id []byte) {
	l.T.Helper()
	require.NoError(l.T, l.App.Rewards.Lanes.Walk(l.Context(), nil, func(key []byte, lane rewardstypes.Lane) (bool, error) {
		if lane.OrbId == nodeOf(host) && lane.Payer == l.who(bob) {
			id = key
		}
		return false, nil
	}))
	require.NotEmpty(l.T, id)
	return id
}

// attempts are what people try under whatever params, one message each.
func (l *life) attempts(round int) []act {
	markdown := l.ids["markdown"]
	return []act{
		l.deploy(dave, "another"+string(rune('a'+round)), "bare"),
		does(alice, &functionstypes.MsgSetPrice{Owner: l.who(alice), FunctionId: markdown, Price: uorb(int64(100 + round))}),
		does(bob, &rewardstypes.MsgTopUp{Sender: l.who(bob), Payer: l.who(bob), FunctionId: markdown, Amount: uorb(1_000)}),
		does(delegate, &rewardstypes.MsgOpenLanes{Opener: l.who(delegate), Entries: []rewardstypes.LaneEntry{l.lane(bob, hostB, "markdown", 1)}}),
		does(carol, &rewardstypes.MsgFundFunction{Sender: l.who(carol), FunctionId: markdown, Epochs: 1, BaseReplicas: 2, MaxCost: uorb(fixture.Balance / 4)}),
		does(hostA, &seedingtypes.MsgBond{Operator: l.who(hostA), OrbId: nodeOf(hostA), Amount: uorb(10)}),
		does(hostB, &seedingtypes.MsgUnbond{Operator: l.who(hostB), OrbId: nodeOf(hostB), Amount: uorb(10)}),
		does(hostC, &rewardstypes.MsgClaimHosting{Sender: l.who(hostC), OrbId: nodeOf(hostC), FunctionIds: []string{markdown}}),
		does(reporter, l.dispute(hostB, "request of round "+string(rune('a'+round)))),
	}
}

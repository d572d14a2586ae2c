package app_test

import (
	"crypto/sha256"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/server"
	"github.com/cosmos/cosmos-sdk/server/config"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"

	"github.com/orbnetwork/orb/app"
	"github.com/orbnetwork/orb/testutil/fixture"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// witness is what one chain saw of a life.
type witness struct {
	*life
	// hashes of the app and of all results after each block.
	hashes [][2][32]byte
	// succeeded are the messages that did, proposals' messages included.
	succeeded map[string]bool
}

// newWitness lives a life on a database with some options. All money is counted after every block.
func newWitness(t *testing.T, db dbm.DB, options servertypes.AppOptions, modes ...signing.SignMode) *witness {
	t.Helper()
	a := fixture.NewApp(db, options)
	w := &witness{succeeded: make(map[string]bool)}
	c := fixture.NewFrom(t, a, people, lifeGenesis(a))
	if len(modes) > 0 {
		c.Signing = authtx.NewTxConfig(a.AppCodec(), modes)
	}
	c.OnBlock = func(txs [][]byte, block *abci.ResponseFinalizeBlock) {
		var results []byte
		for i, result := range block.TxResults {
			data, err := result.Marshal()
			require.NoError(t, err)
			results = append(results, data...)
			tx, err := a.TxConfig().TxDecoder()(txs[i])
			require.NoError(t, err)
			for _, msg := range tx.GetMsgs() {
				w.succeeded[sdk.MsgTypeURL(msg)] = true
				if proposal, ok := msg.(interface{ GetMsgs() ([]sdk.Msg, error) }); ok {
					proposed, err := proposal.GetMsgs()
					require.NoError(t, err)
					for _, msg := range proposed {
						w.succeeded[sdk.MsgTypeURL(msg)] = true
					}
				}
			}
		}
		require.NoError(t, a.Conserved(c.Context()), "height %d", c.Height())
		w.hashes = append(w.hashes, [2][32]byte{[32]byte(block.AppHash), sha256.Sum256(results)})
	}
	w.life = live(c)
	return w
}

// TestEveryMessage: the life that the tests of this file compare leaves no message of Orb's modules out.
func TestEveryMessage(t *testing.T) {
	w := newWitness(t, dbm.NewMemDB(), simtestutil.EmptyAppOptions{})
	for _, url := range w.App.InterfaceRegistry().ListImplementations(sdk.MsgInterfaceProtoName) {
		if strings.HasPrefix(url, "/orb.") {
			require.True(t, w.succeeded[url], url)
		}
	}
}

// TestReplicas: the same blocks give the same app hash and the same results, one transaction after the other or in parallel, in memory or
// on disk, whatever is kept of the past.
func TestReplicas(t *testing.T) {
	one := newWitness(t, dbm.NewMemDB(), simtestutil.EmptyAppOptions{})
	disk, err := dbm.NewGoLevelDB("application", t.TempDir(), nil)
	require.NoError(t, err)
	for name, other := range map[string]*witness{
		"parallel": newWitness(t, dbm.NewMemDB(), simtestutil.AppOptionsMap{
			server.FlagBlockExecutor: config.BlockExecutorBlockSTM, server.FlagBlockSTMWorkers: 4,
		}),
		"on disk": newWitness(t, disk, simtestutil.EmptyAppOptions{}),
	} {
		require.Equal(t, len(one.hashes), len(other.hashes), name)
		for i := range one.hashes {
			require.Equal(t, one.hashes[i], other.hashes[i], "%s, block %d", name, i)
		}
	}
}

// TestAminoSigning: every message can be signed as hardware wallets sign.
func TestAminoSigning(t *testing.T) {
	newWitness(t, dbm.NewMemDB(), simtestutil.EmptyAppOptions{}, signing.SignMode_SIGN_MODE_LEGACY_AMINO_JSON, signing.SignMode_SIGN_MODE_DIRECT)
}

// TestExportOfEverything: a chain with every kind of state in use is exported, imported and exported, and nothing differs by a byte.
func TestExportOfEverything(t *testing.T) {
	w := newWitness(t, dbm.NewMemDB(), simtestutil.EmptyAppOptions{})
	everything(t, w.App.AppCodec(), reimported(t, w.App), w.Height())

	other := w.Import()
	// Both go on, through the ends of lanes, terms, claims and functions, and nobody has another coin on the one than on the other.
	for range 60 {
		other.NextBlock()
		w.NextBlock()
		require.NoError(t, other.App.Conserved(other.Context()))
		for i, account := range w.Accounts {
			require.Equal(t, w.Balance(account.Address), other.Balance(account.Address), "account %d at height %d", i, w.Height())
		}
	}
}

// reimported exports a chain, imports that into another and exports it again, requires the same bytes, and returns them.
func reimported(t testing.TB, a *app.App) json.RawMessage {
	t.Helper()
	first, err := a.ExportAppStateAndValidators(false, nil, nil)
	require.NoError(t, err)
	imported := fixture.NewApp(dbm.NewMemDB(), simtestutil.EmptyAppOptions{})
	_, err = imported.InitChainer(imported.NewContext(true).WithBlockHeight(first.Height), &abci.RequestInitChain{AppStateBytes: first.AppState})
	require.NoError(t, err)
	again, err := imported.ExportAppStateAndValidators(false, nil, nil)
	require.NoError(t, err)
	require.Equal(t, string(first.AppState), string(again.AppState))
	return first.AppState
}

// everything requires that an export leaves no list of Orb's modules empty, and shows each stage that the lives of things have.
func everything(t *testing.T, cdc codec.JSONCodec, state json.RawMessage, height int64) {
	t.Helper()
	var genesis app.GenesisState
	require.NoError(t, json.Unmarshal(state, &genesis))
	var functions functionstypes.GenesisState
	var seeding seedingtypes.GenesisState
	var rewards rewardstypes.GenesisState
	cdc.MustUnmarshalJSON(genesis[functionstypes.ModuleName], &functions)
	cdc.MustUnmarshalJSON(genesis[seedingtypes.ModuleName], &seeding)
	cdc.MustUnmarshalJSON(genesis[rewardstypes.ModuleName], &rewards)
	for _, module := range []any{functions, seeding, rewards} {
		value := reflect.ValueOf(module)
		for i := range value.NumField() {
			if field := value.Field(i); field.Kind() == reflect.Slice {
				require.NotZero(t, field.Len(), "%T.%s", module, value.Type().Field(i).Name)
			}
		}
	}
	stages := make(map[string]bool)
	for _, fn := range functions.Functions {
		stages[fn.Status.String()] = true
		stages["name deposit"] = stages["name deposit"] || fn.Deposit.IsPositive()
	}
	for _, version := range functions.Versions {
		stages[version.Status.String()] = true
	}
	for _, claim := range functions.Claims {
		stages[claim.Status.String()] = true
		stages["dispute"] = stages["dispute"] || claim.Dispute != nil && !claim.Dispute.Settled
		stages["settled dispute"] = stages["settled dispute"] || claim.Dispute != nil && claim.Dispute.Settled
	}
	for _, node := range seeding.Nodes {
		stages["bond"] = stages["bond"] || node.Bond.IsPositive()
		stages["unbonding"] = stages["unbonding"] || len(node.Unbonding) > 0
		stages["hold"] = stages["hold"] || node.Holds > 0
		stages["proven"] = stages["proven"] || len(node.Proven) > 0
	}
	for _, seed := range seeding.Seeds {
		stages["paid seed"] = stages["paid seed"] || seed.Paid
		stages["open seed"] = stages["open seed"] || !seed.Paid
		stages["displaced seed"] = stages["displaced seed"] || seed.PaidThrough > 0
	}
	for _, grant := range seeding.Grants {
		stages["spent grant"] = stages["spent grant"] || grant.Spent.IsPositive()
		stages["repaid grant"] = stages["repaid grant"] || grant.Repaid.IsPositive()
	}
	for _, escrow := range rewards.Escrows {
		stages["term"] = stages["term"] || len(escrow.Terms) > 0
		stages["starting term"] = stages["starting term"] || escrow.Starting != nil
		stages["dearer update"] = stages["dearer update"] || escrow.Update != nil
		stages["verification"] = stages["verification"] || escrow.Verification.IsPositive()
	}
	for _, s := range rewards.Subscriptions {
		stages["delegate"] = stages["delegate"] || s.Delegate != ""
		stages["public"] = stages["public"] || s.Public
	}
	for _, lane := range rewards.Lanes {
		stages["lane"] = stages["lane"] || lane.Expiry >= height
		stages["expired lane"] = stages["expired lane"] || lane.Expiry < height
	}
	for _, stage := range []string{
		"FUNCTION_STATUS_PENDING", "FUNCTION_STATUS_ACTIVE", "FUNCTION_STATUS_DEPRECATED", "FUNCTION_STATUS_ENDED", "name deposit",
		"VERSION_STATUS_PENDING", "VERSION_STATUS_ACTIVE", "VERSION_STATUS_RETIRED", "CLAIM_STATUS_COMMIT", "CLAIM_STATUS_REVEAL", "CLAIM_STATUS_ACCEPTED",
		"CLAIM_STATUS_REJECTED", "dispute", "settled dispute", "bond", "unbonding", "hold", "proven", "paid seed", "open seed", "displaced seed",
		"spent grant", "repaid grant", "term", "starting term", "dearer update", "verification", "delegate", "public", "lane", "expired lane",
	} {
		require.True(t, stages[stage], stage)
	}
}

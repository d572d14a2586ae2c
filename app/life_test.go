package app_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"

	"github.com/stretchr/testify/require"

	abci "github.com/cometbft/cometbft/abci/types"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"

	"github.com/orbnetwork/orb/app"
	"github.com/orbnetwork/orb/pkg/possession"
	"github.com/orbnetwork/orb/pkg/receipt"
	"github.com/orbnetwork/orb/testutil/fixture"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// Who is who in a life.
const (
	validator = iota
	attester
	alice
	bob
	carol
	dave
	erin
	reporter
	delegate
	guest
	hostA
	hostB
	hostC
	newcomer
	people
)

// lifeEpoch is how many blocks an epoch of a life has.
const lifeEpoch = 6

// life is a chain on which everything happens that can: every message of every module, in blocks of several, until every kind of state is
// in use.
type life struct {
	*fixture.Chain
	ids map[string]string
}

// lifeGenesis has short epochs, and coins to grant.
func lifeGenesis(a *app.App) func(app.GenesisState) {
	return func(genesis app.GenesisState) {
		cdc := a.AppCodec()
		var seeding seedingtypes.GenesisState
		cdc.MustUnmarshalJSON(genesis[seedingtypes.ModuleName], &seeding)
		seeding.Params.EpochBlocks = lifeEpoch
		genesis[seedingtypes.ModuleName] = cdc.MustMarshalJSON(&seeding)
		var bank banktypes.GenesisState
		cdc.MustUnmarshalJSON(genesis[banktypes.ModuleName], &bank)
		pool := sdk.NewCoins(uorb(1_000_000_000))
		bank.Balances = append(bank.Balances, banktypes.Balance{Address: authtypes.NewModuleAddress(seedingtypes.GrantsName).String(), Coins: pool})
		bank.Supply = bank.Supply.Add(pool...)
		genesis[banktypes.ModuleName] = cdc.MustMarshalJSON(&bank)
	}
}

func uorb(amount int64) sdk.Coin { return sdk.NewInt64Coin(functionstypes.Denom, amount) }

func (l *life) who(i int) string { return l.Accounts[i].String() }

func nodeKey(i int) ed25519.PrivateKey { return fixture.Key(fmt.Sprintf("node %d", i)) }
func nodeOf(i int) string              { return fixture.OrbID(fmt.Sprintf("node %d", i)) }

func sessionOf(i int) ed25519.PrivateKey { return fixture.Key(fmt.Sprintf("session %d", i)) }

// act is what one account does in a block.
type act struct {
	who  int
	msgs []sdk.Msg
}

func does(who int, msgs ...sdk.Msg) act { return act{who, msgs} }

// block runs a block in which everybody has to succeed.
func (l *life) block(acts ...act) []*abci.ExecTxResult {
	l.T.Helper()
	txs := make([][]byte, len(acts))
	for i, a := range acts {
		txs[i] = l.Tx(l.Accounts[a.who], a.msgs...)
	}
	results := l.NextBlock(txs...).TxResults
	for i, r := range results {
		require.True(l.T, r.IsOK(), "%s of %d: %s", sdk.MsgTypeURL(acts[i].msgs[0]), acts[i].who, r.Log)
	}
	return results
}

// nextEpoch runs empty blocks until the last one was an epoch's first.
func (l *life) nextEpoch() {
	l.T.Helper()
	for l.NextBlock(); l.Height()%lifeEpoch != 0; {
		l.NextBlock()
	}
}

// proof answers the challenge of the last block's epoch.
func (l *life) proof(node, function string) (uint64, seedingtypes.Proof) {
	l.T.Helper()
	epoch := uint64(l.Height()) / lifeEpoch
	beacon, err := l.App.Seeding.Beacons.Get(l.Context(), epoch)
	require.NoError(l.T, err)
	artifact := fixture.Artifact()
	chunk, path, err := possession.Prove(artifact, possession.Index(beacon.Value, node, function, uint64(len(artifact))))
	require.NoError(l.T, err)
	return epoch, seedingtypes.Proof{Chunk: chunk, Path: path}
}

func (l *life) deploy(owner int, name, plan string) act {
	msg := fixture.Deployment(l.Accounts[owner], name)
	msg.Plan = plan
	l.ids[name] = functionstypes.FunctionID(msg.SigningKey)
	return does(owner, msg)
}

// update proposes another version of a function, whose sample burns so much fuel.
func (l *life) update(owner int, name string, number, complexity uint64, key string) *functionstypes.MsgUpdateFunction {
	first := fixture.Deployment(l.Accounts[owner], name)
	msg := &functionstypes.MsgUpdateFunction{
		Owner: l.who(owner), FunctionId: l.ids[name], Version: number, Artifact: first.Artifact, Complexity: complexity, FuelLimit: 10 * complexity,
		MemoryLimit: first.MemoryLimit, Contract: first.Contract, MaxCost: first.MaxCost,
	}
	signer := fixture.Key(key)
	version := msg.Proposed(signer.Public().(ed25519.PublicKey))
	msg.Signature = ed25519.Sign(signer, functionstypes.VersionSignBytes(fixture.ChainID, msg.Owner, name, &version))
	return msg
}

// verify has the one super node find each claim as it is told, for so much fuel.
func (l *life) verify(fuel uint64, claims ...[]byte) {
	l.T.Helper()
	var commits, reveals []sdk.Msg
	for _, id := range claims {
		reveal := l.finding(id, fuel)
		reveals = append(reveals, reveal)
		commits = append(commits, l.commitment(reveal))
	}
	l.block(does(attester, commits...))
	l.block(does(attester, reveals...))
}

func (l *life) finding(claim []byte, fuel uint64) *functionstypes.MsgRevealAttestation {
	response, salt := sha256.Sum256([]byte("response")), sha256.Sum256(claim)
	return &functionstypes.MsgRevealAttestation{
		Attester: l.who(attester), ClaimId: claim, Verdict: functionstypes.VERDICT_VALID, ResponseHash: response[:], Fuel: fuel, Salt: salt[:],
	}
}

func (l *life) commitment(reveal *functionstypes.MsgRevealAttestation) *functionstypes.MsgCommitAttestation {
	return &functionstypes.MsgCommitAttestation{
		Attester: l.who(attester), ClaimId: reveal.ClaimId,
		Commitment: functionstypes.AttestationCommitment(fixture.ChainID, reveal.ClaimId, sdk.ValAddress(l.Accounts[validator].Address).String(),
			reveal.Verdict, reveal.ResponseHash, reveal.Fuel, reveal.Salt),
	}
}

// dispute reports what a host has signed about some request.
func (l *life) dispute(host int, request string) *functionstypes.MsgDisputeResult {
	hash, response := sha256.Sum256([]byte(request)), sha256.Sum256([]byte("a lie"))
	result := receipt.Result{Sequence: 1, RequestHash: hash[:], ResponseHash: response[:], Fuel: 500}
	return &functionstypes.MsgDisputeResult{
		Reporter: l.who(reporter), OrbId: nodeOf(host), Result: result, Request: []byte(request),
		Batch: receipt.SignBatch(nodeKey(host), fixture.ChainID, make([]byte, receipt.LaneIDSize), l.ids["markdown"], 1, []receipt.Result{result}),
	}
}

func (l *life) seed(who int, function, displace string) act {
	epoch, proof := l.proof(nodeOf(who), l.ids[function])
	return does(who, &seedingtypes.MsgSeed{
		Operator: l.who(who), OrbId: nodeOf(who), FunctionId: l.ids[function], Epoch: epoch, Proof: proof, Displace: displace,
	})
}

func (l *life) lane(payer, host int, function string, requests uint64) rewardstypes.LaneEntry {
	return rewardstypes.LaneEntry{
		Payer: l.who(payer), FunctionId: l.ids[function], OrbId: nodeOf(host), Cap: requests,
		SessionKey: sessionOf(payer).Public().(ed25519.PublicKey), Price: uorb(50),
	}
}

func (l *life) settle(who, payer int, lane []byte, count uint64) act {
	return does(who, &rewardstypes.MsgSettle{
		Settler: l.who(who), Receipts: []receipt.Receipt{receipt.Sign(sessionOf(payer), fixture.ChainID, lane, count)},
	})
}

func (l *life) opened(result *abci.ExecTxResult) [][]byte {
	var response rewardstypes.MsgOpenLanesResponse
	l.Response(result, &response)
	return response.LaneIds
}

// params that let a life see everything end.
func lifeParams() []sdk.Msg {
	authority := authtypes.NewModuleAddress(govtypes.ModuleName).String()
	functions, seeding, rewards := functionstypes.DefaultParams(), seedingtypes.DefaultParams(), rewardstypes.DefaultParams()
	functions.CommitBlocks, functions.RevealBlocks, functions.NoticeBlocks, functions.WindDownBlocks = 20, 20, 4, 20
	seeding.EpochBlocks, seeding.UnbondingBlocks = lifeEpoch, 100
	rewards.LaneBlocks, rewards.ClaimEpochs = 6, 2
	rewards.Plans[2].TermEpochs = 20
	return []sdk.Msg{
		&functionstypes.MsgUpdateParams{Authority: authority, Params: functions},
		&seedingtypes.MsgUpdateParams{Authority: authority, Params: seeding},
		&rewardstypes.MsgUpdateParams{Authority: authority, Params: rewards},
	}
}

// live runs a life on a chain of lifeGenesis.
func live(c *fixture.Chain) *life {
	l := &life{Chain: c, ids: make(map[string]string)}
	l.SuperNode(l.Accounts[attester])
	govern(c, lifeParams()...)
	l.beginnings()
	l.service()
	l.changes()
	l.endings()
	return l
}

// beginnings: functions of three owners are accepted, one is not; nodes register, bond and seed.
func (l *life) beginnings() {
	version := func(name string) []byte {
		return functionstypes.ClaimID(functionstypes.CLAIM_KIND_VERSION, l.ids[name], 1)
	}
	l.block(
		does(validator, &functionstypes.MsgUpdateSuperNode{Operator: l.who(validator), Addresses: []string{"/ip4/127.0.0.1/tcp/4001"}}),
		l.deploy(alice, "markdown", "standard"), l.deploy(carol, "ending", "starter"), l.deploy(dave, "dead", "bare"), l.deploy(erin, "refused", "standard"),
	)
	l.verify(120_000, version("markdown"), version("ending"), version("dead"))
	l.verify(999, version("refused"))

	var registrations, bonds []act
	for host := hostA; host <= hostC; host++ {
		registrations = append(registrations, does(host, &seedingtypes.MsgRegisterNode{
			Operator: l.who(host), OrbId: nodeOf(host), Moniker: "host", Addresses: []string{"/ip4/127.0.0.1/tcp/4001"},
			Signature: ed25519.Sign(nodeKey(host), seedingtypes.RegistrationSignBytes(fixture.ChainID, l.who(host), nodeOf(host))),
		}))
		bonds = append(bonds, does(host, &seedingtypes.MsgBond{Operator: l.who(host), OrbId: nodeOf(host), Amount: uorb(2_000_000)}))
	}
	l.block(append(registrations, does(attester, &seedingtypes.MsgSponsorNode{
		Sponsor: l.who(attester), Operator: l.who(newcomer), OrbId: nodeOf(newcomer), Moniker: "newcomer",
		Signature: ed25519.Sign(nodeKey(newcomer), seedingtypes.RegistrationSignBytes(fixture.ChainID, l.who(newcomer), nodeOf(newcomer))),
	}))...)
	l.block(bonds...)
	l.nextEpoch()
	l.block(l.seed(hostA, "markdown", ""), l.seed(hostB, "markdown", ""), does(newcomer, &seedingtypes.MsgUpdateNode{
		Operator: l.who(newcomer), OrbId: nodeOf(newcomer), Moniker: "renamed",
	}))
	l.block(l.seed(hostC, "markdown", ""), l.seed(newcomer, "markdown", ""), l.seed(hostA, "ending", ""))
}

// service: subscriptions, lanes, receipts, proofs and claims.
func (l *life) service() {
	markdown := l.ids["markdown"]
	l.block(
		does(bob, &rewardstypes.MsgSubscribe{Payer: l.who(bob), FunctionId: markdown, Deposit: uorb(1_000_000), Limits: rewardstypes.NoLimits()}),
		does(guest, &rewardstypes.MsgSubscribe{Payer: l.who(guest), FunctionId: markdown, Deposit: uorb(50_000), Limits: rewardstypes.NoLimits()}),
	)
	l.block(
		does(bob, &rewardstypes.MsgSetDelegate{Payer: l.who(bob), FunctionId: markdown, Delegate: l.who(delegate), Limits: rewardstypes.Limits{
			MaxPrice: math.NewInt(50), MaxLocked: math.ZeroInt(), MaxSpend: math.NewInt(400_000),
		}}),
		does(reporter, &rewardstypes.MsgTopUp{Sender: l.who(reporter), Payer: l.who(bob), FunctionId: markdown, Amount: uorb(7)}),
	)
	results := l.block(
		does(delegate, &rewardstypes.MsgOpenLanes{Opener: l.who(delegate), Entries: []rewardstypes.LaneEntry{
			l.lane(bob, hostA, "markdown", 1_000), l.lane(bob, hostB, "markdown", 1_000), l.lane(bob, newcomer, "markdown", 2_000),
		}}),
		does(guest, &rewardstypes.MsgOpenLanes{Opener: l.who(guest), Entries: []rewardstypes.LaneEntry{l.lane(guest, hostC, "markdown", 10)}}),
		does(attester, &rewardstypes.MsgOpenLanes{Opener: l.who(attester), Entries: []rewardstypes.LaneEntry{l.lane(alice, hostA, "markdown", 100)}}),
	)
	bobs, guests, public := l.opened(results[0]), l.opened(results[1]), l.opened(results[2])
	l.block(l.deploy(newcomer, "", "bare"), l.settle(hostA, bob, bobs[0], 500), l.settle(hostB, bob, bobs[1], 1_000),
		l.settle(reporter, bob, bobs[2], 2_000), l.settle(attester, alice, public[0], 100))
	l.block(
		does(delegate, &rewardstypes.MsgOpenLanes{Opener: l.who(delegate), Entries: []rewardstypes.LaneEntry{{LaneId: bobs[0], Cap: 1_500, Price: uorb(50)}}}),
		does(hostB, &rewardstypes.MsgCloseLanes{Sender: l.who(hostB), LaneIds: [][]byte{bobs[1]}}),
		does(bob, &rewardstypes.MsgCloseLanes{Sender: l.who(bob), LaneIds: [][]byte{bobs[2]}}),
		l.settle(guest, guest, guests[0], 4),
	)
	l.block(does(guest, &rewardstypes.MsgUnsubscribe{Payer: l.who(guest), FunctionId: markdown}))
	l.nextEpoch()
	var proofs, claims []act
	for host := hostA; host <= hostC; host++ {
		// hostC has open seeds only; what it proves is paid by nobody.
		epoch, proof := l.proof(nodeOf(host), markdown)
		proofs = append(proofs, does(host, &seedingtypes.MsgProve{Operator: l.who(host), OrbId: nodeOf(host), FunctionId: markdown, Epoch: epoch, Proof: proof}))
		if host != hostC {
			claims = append(claims, does(host, &rewardstypes.MsgClaimHosting{Sender: l.who(host), OrbId: nodeOf(host), FunctionIds: []string{markdown}}))
		}
	}
	l.block(proofs...)
	l.nextEpoch()
	l.block(append(claims, does(bob, &rewardstypes.MsgFundFunction{
		Sender: l.who(bob), FunctionId: markdown, Epochs: 5, MaxCost: uorb(1_000_000),
	}))...)
}

// changes: updates, rollback, other owners and keys; a host is found lying, another withdraws its bond and loses its place.
func (l *life) changes() {
	markdown := l.ids["markdown"]
	next := fixture.Key("another key").Public().(ed25519.PublicKey)
	lie := l.dispute(hostB, "request")
	results := l.block(
		does(alice, l.update(alice, "markdown", 2, 150_000, "function markdown")),
		does(carol, &functionstypes.MsgTransferFunction{Owner: l.who(carol), FunctionId: l.ids["ending"], NewOwner: l.who(bob)}),
		does(dave, &functionstypes.MsgDeprecateFunction{Owner: l.who(dave), FunctionId: l.ids["dead"]}),
		does(reporter, lie),
	)
	var proposed functionstypes.MsgUpdateFunctionResponse
	var disputed functionstypes.MsgDisputeResultResponse
	l.Response(results[0], &proposed)
	l.Response(results[3], &disputed)
	l.verify(150_000, proposed.ClaimId)
	found := l.finding(disputed.ClaimId, 500)
	found.Verdict, found.ResponseHash = functionstypes.VERDICT_BAD_RESULT, functionstypes.DisputeWitness(disputed.ClaimId, []byte("the truth"))
	l.block(does(attester, l.commitment(found)))
	l.block(does(attester, found))
	l.block(
		does(alice, &functionstypes.MsgRollbackFunction{Owner: l.who(alice), FunctionId: markdown, Version: 1}),
		does(bob, &functionstypes.MsgSetPrice{Owner: l.who(bob), FunctionId: l.ids["ending"], Price: uorb(60)}),
		does(hostA, &seedingtypes.MsgUnbond{Operator: l.who(hostA), OrbId: nodeOf(hostA), Amount: uorb(1_500_000)}),
	)
	l.block(
		does(alice, &functionstypes.MsgRotateKey{
			Owner: l.who(alice), FunctionId: markdown, SigningKey: next,
			Signature: ed25519.Sign(fixture.Key("another key"), functionstypes.RotationSignBytes(fixture.ChainID, l.who(alice), markdown, next)),
		}),
		l.seed(hostC, "markdown", nodeOf(hostA)),
		does(newcomer, &seedingtypes.MsgUnseed{Operator: l.who(newcomer), OrbId: nodeOf(newcomer), FunctionId: markdown}),
	)
	l.Blocks(24) // until nothing is left of dave's function
}

// endings: what is open when the chain is looked at.
func (l *life) endings() {
	l.block(
		does(bob, &functionstypes.MsgDeprecateFunction{Owner: l.who(bob), FunctionId: l.ids["ending"]}),
		does(delegate, &rewardstypes.MsgOpenLanes{Opener: l.who(delegate), Entries: []rewardstypes.LaneEntry{l.lane(bob, hostB, "markdown", 30)}}),
		l.deploy(erin, "pending", "standard"), l.deploy(carol, "leaving", "bare"),
	)
	leaving := functionstypes.ClaimID(functionstypes.CLAIM_KIND_VERSION, l.ids["leaving"], 1)
	l.verify(120_000, leaving)
	l.nextEpoch()
	l.nextEpoch()
	l.block(
		does(alice, l.update(alice, "markdown", 3, 5_000_000_000, "another key")), // dearer to host
		does(delegate, &rewardstypes.MsgOpenLanes{Opener: l.who(delegate), Entries: []rewardstypes.LaneEntry{l.lane(bob, hostC, "markdown", 20)}}),
		does(reporter, l.dispute(hostC, "another request")),
		does(attester, l.commitment(l.finding(functionstypes.ClaimID(functionstypes.CLAIM_KIND_VERSION, l.ids["pending"], 1), 120_000))),
		does(carol, &functionstypes.MsgDeprecateFunction{Owner: l.who(carol), FunctionId: l.ids["leaving"]}),
	)
}

// Package deploy takes a function from source to ACTIVE: build, package, quote, upload, sign, send, and wait for the super nodes'
// verdict. Both programs deploy by this one path.
package deploy

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/node/runtime"
	"github.com/orbnetwork/orb/pkg/price"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
)

// verdictTimeout is how long a deploy waits for the super nodes. The claim goes on without it.
const verdictTimeout = 5 * time.Minute

// Errors of a deploy that is well formed but was not wanted.
var (
	// ErrCancelled says that the owner did not confirm the cost.
	ErrCancelled = errors.New("cancelled; nothing was signed or sent")
	// ErrFunds says that the owner cannot pay for it.
	ErrFunds = errors.New("not enough money")
	// ErrRejected says that the super nodes refused the version.
	ErrRejected = errors.New("the super nodes refused the version")
)

// Chain is what a deploy asks.
type Chain interface {
	ChainID() string
	Functions() functionstypes.QueryClient
	Rewards() rewardstypes.QueryClient
	Balance(ctx context.Context, address, denom string) (math.Int, error)
}

// Sender signs and sends for the owner.
type Sender interface {
	Address() string
	Send(ctx context.Context, msgs ...sdk.Msg) (*chain.TxResult, error)
}

// Options of one deploy.
type Options struct {
	// Source is a folder with a Go main package, or a .wasm file; Manifest describes it.
	Source   string
	Manifest Manifest
	// Obfuscate builds a Go function with garble.
	Obfuscate bool
	// Name of the function. One that the owner has already gets a new version, under its own price, share and plan.
	Name string
	// Update refuses to make a new function.
	Update bool
	// Price per request, OwnerShareBps of it after the network fee for the owner, Plan by name.
	Price         sdk.Coin
	OwnerShareBps uint32
	Plan          string
	// SuperNode is the base URL to upload to; empty takes one from the chain.
	SuperNode string
	// Key signs the function's versions; its address is the function's id.
	Key ed25519.PrivateKey
	// Confirm is asked before anything leaves the machine; nil goes ahead.
	Confirm func(Quote) bool
	// Progress is told each step as it begins; nil is quiet.
	Progress func(step string)
}

// Quote is the cost of a deploy, item by item, and what it is for.
type Quote struct {
	price.Quote

	Denom string
	// Deposit is held for the name and returns when the name is given back; it comes on top of the total.
	Deposit math.Int
	// Update says that the quote is for a new version: hosting, and with it the total, are the most that may be charged.
	Update     bool
	Plan       price.Plan
	Complexity uint64
	FuelLimit  uint64
	Size       uint64
}

// Text is the quote for people.
func (q Quote) Text() string {
	var b strings.Builder
	line := func(what string, amount math.Int, why string) {
		fmt.Fprintf(&b, "  %-16s %14s%s  %s\n", what, amount, q.Denom, why)
	}
	line("verification", q.Verification, fmt.Sprintf("complexity %d, %d bytes; never refunded", q.Complexity, q.Size))
	if q.Update {
		line("hosting", q.Hosting, "at most: the difference for the rest of the term, if the version is dearer to host")
		line("total", q.Total, "at most")
		return b.String()
	}
	line("hosting", q.Hosting, fmt.Sprintf("%d paid seeds for %d epochs", q.Plan.BaseReplicas, q.Plan.TermEpochs))
	line("included calls", q.Included, fmt.Sprintf("%d requests that you pay for your callers", q.Plan.IncludedRequests))
	line("total", q.Total, "plan "+q.Plan.Name)
	line("name deposit", q.Deposit, "comes back when the function ends")
	return b.String()
}

// Result is a deploy that became ACTIVE.
type Result struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Version    uint64 `json:"version"`
	CID        string `json:"cid"`
	SHA256     string `json:"sha256"`
	Complexity uint64 `json:"complexity"`
	FuelLimit  uint64 `json:"fuel_limit"`
	Cost       Cost   `json:"cost"`
	TxHash     string `json:"txhash"`
	URL        string `json:"url"`
}

// Cost is what was charged, in the denom's base unit.
type Cost struct {
	Verification math.Int `json:"verification"`
	Hosting      math.Int `json:"hosting"`
	Included     math.Int `json:"included"`
	Total        math.Int `json:"total"`
	Denom        string   `json:"denom"`
}

// Run deploys a function.
func Run(ctx context.Context, c Chain, sender Sender, o Options) (*Result, error) {
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	if err := o.validate(); err != nil {
		return nil, err
	}
	existing, err := o.existing(ctx, c, sender.Address())
	if err != nil {
		return nil, err
	}
	o.Progress("Building " + o.Source)
	pkg, err := Build(ctx, o.Source, o.Manifest.Build, o.Obfuscate)
	if err != nil {
		return nil, err
	}
	o.Progress("Running the sample request")
	m, err := o.measure(ctx, c, pkg)
	if err != nil {
		return nil, err
	}
	next, err := o.proposal(c, m, existing, sender.Address())
	if err != nil {
		return nil, err
	}
	if o.Confirm != nil && !o.Confirm(next.quote) {
		return nil, ErrCancelled
	}
	if err := afford(ctx, c, sender.Address(), next.quote); err != nil {
		return nil, err
	}
	endpoint, err := o.endpoint(ctx, c)
	if err != nil {
		return nil, err
	}
	o.Progress("Uploading to " + endpoint)
	if err := upload(ctx, endpoint, pkg); err != nil {
		return nil, err
	}
	o.Progress("Registering " + o.Name)
	sent, err := sender.Send(ctx, next.msg)
	if err != nil {
		return nil, fmt.Errorf("registering the function: %w", err)
	}
	o.Progress("Waiting for the super nodes to verify " + next.version.FunctionId)
	if err := awaitVerdict(ctx, c, next.version); err != nil {
		return nil, err
	}
	q := next.quote
	return &Result{
		ID: next.version.FunctionId, Name: o.Name, Version: next.version.Number, CID: pkg.Artifact.Cid, SHA256: hex.EncodeToString(pkg.Artifact.Sha256),
		Complexity: next.version.Complexity, FuelLimit: next.version.FuelLimit, TxHash: sent.Hash, URL: strings.TrimSuffix(endpoint, "/") + "/f/" + o.Name,
		Cost: Cost{q.Verification, q.Hosting, q.Included, q.Total, q.Denom},
	}, nil
}

// validate finds what is wrong before anything is built, asked or made.
func (o Options) validate() error {
	if _, err := os.Stat(o.Source); err != nil {
		return fmt.Errorf("%s is neither a function's folder nor a .wasm file: %w", o.Source, err)
	}
	if err := o.Manifest.Validate(); err != nil {
		return err
	}
	if o.OwnerShareBps > 10_000 {
		return fmt.Errorf("the owner's share is %d basis points, at most 10000 are the whole", o.OwnerShareBps)
	}
	return functionstypes.ValidateName(o.Name)
}

// existing is the function that the owner has under the name, or nil when the name is free. Anybody else's saves the work.
func (o Options) existing(ctx context.Context, c Chain, owner string) (*functionstypes.Function, error) {
	answer, err := c.Functions().Function(ctx, &functionstypes.QueryFunctionRequest{Function: o.Name})
	switch {
	case err == nil && answer.Function.HoldsName() && answer.Function.Owner != owner:
		return nil, fmt.Errorf("the name %q belongs to %s already; choose another with --name", o.Name, answer.Function.Id)
	case err == nil && answer.Function.HoldsName():
		return &answer.Function, o.canUpdate(answer.Function)
	case status.Code(err) == codes.Unavailable:
		return nil, fmt.Errorf("asking the chain whether the name %q is free: %w", o.Name, err)
	case o.Update:
		return nil, fmt.Errorf("there is no function named %q to update", o.Name)
	}
	return nil, nil // other errors mean that there is none
}

// measured is a package with what the chain's params say about it.
type measured struct {
	pkg        *Package
	contract   functionstypes.Contract
	sample     []byte
	complexity uint64
	functions  functionstypes.Params
	rewards    rewardstypes.Params
}

func (o Options) measure(ctx context.Context, c Chain, pkg *Package) (measured, error) {
	functions, err := c.Functions().Params(ctx, &functionstypes.QueryParamsRequest{})
	if err != nil {
		return measured{}, fmt.Errorf("asking the chain for its params: %w", err)
	}
	rewards, err := c.Rewards().Params(ctx, &rewardstypes.QueryParamsRequest{})
	if err != nil {
		return measured{}, fmt.Errorf("asking the chain for its params: %w", err)
	}
	m := measured{pkg: pkg, functions: functions.Params, rewards: rewards.Params}
	if m.contract, err = o.Manifest.FunctionContract(); err != nil {
		return m, err
	}
	if m.sample, err = o.Manifest.ReadSample(); err != nil {
		return m, err
	}
	engine, err := runtime.New(ctx, runtime.Config{})
	if err != nil {
		return m, err
	}
	defer engine.Close(context.WithoutCancel(ctx))
	m.complexity, err = Measure(ctx, engine, pkg, m.contract, m.sample, m.functions.MaxComplexity, o.Manifest.MemoryLimit())
	return m, err
}

// quote prices the package under a plan and a price per request.
func (o Options) quote(m measured, plan string, perRequest sdk.Coin) (Quote, error) {
	if perRequest.Denom != m.rewards.Denom {
		return Quote{}, fmt.Errorf("the price is in %s, but this chain's money is %s", perRequest.Denom, m.rewards.Denom)
	}
	found, err := m.rewards.Plan(plan)
	if err != nil {
		return Quote{}, fmt.Errorf("%w; there are %s", err, planNames(m.rewards))
	}
	quoted, err := m.rewards.Tariff.Quote(found, m.complexity, m.pkg.Artifact.Size_, perRequest.Amount)
	return Quote{
		Quote: quoted, Denom: m.rewards.Denom, Deposit: m.functions.NameDeposit.Amount, Plan: found,
		Complexity: m.complexity, FuelLimit: m.complexity * o.Manifest.FuelFactor, Size: m.pkg.Artifact.Size_,
	}, err
}

// proposal is a signed message with the version in it and its price.
type proposal struct {
	msg     sdk.Msg
	version functionstypes.Version
	quote   Quote
}

func (o Options) proposal(c Chain, m measured, existing *functionstypes.Function, owner string) (proposal, error) {
	if existing != nil {
		return o.update(c, m, *existing)
	}
	return o.deployment(c, m, owner)
}

// deployment is the message that registers a new function.
func (o Options) deployment(c Chain, m measured, owner string) (proposal, error) {
	quote, err := o.quote(m, o.Plan, o.Price)
	if err != nil {
		return proposal{}, err
	}
	msg := &functionstypes.MsgDeployFunction{
		Owner: owner, Name: o.Name, SigningKey: o.Key.Public().(ed25519.PublicKey), Price: o.Price, OwnerShareBps: o.OwnerShareBps, Plan: o.Plan,
		Artifact: m.pkg.Artifact, SourceHash: m.pkg.SourceHash, Sample: functionstypes.Sample{Request: m.sample},
		Complexity: m.complexity, FuelLimit: quote.FuelLimit, MemoryLimit: o.Manifest.MemoryLimit(), Contract: m.contract,
		MaxCost: sdk.NewCoin(quote.Denom, quote.Total),
	}
	version := msg.Version()
	if err := m.functions.Admit(functionstypes.Function{Price: o.Price}, version); err != nil {
		return proposal{}, fmt.Errorf("the chain would refuse it: %w", err)
	}
	msg.Signature = ed25519.Sign(o.Key, functionstypes.VersionSignBytes(c.ChainID(), owner, o.Name, &version))
	return proposal{msg, version, quote}, nil
}

func planNames(params rewardstypes.Params) string {
	names := make([]string, len(params.Plans))
	for i, plan := range params.Plans {
		names[i] = plan.Name
	}
	return strings.Join(names, ", ")
}

// afford saves the upload when the owner cannot pay. The fee of the transaction comes on top.
func afford(ctx context.Context, c Chain, owner string, quote Quote) error {
	balance, err := c.Balance(ctx, owner, quote.Denom)
	if err != nil {
		return err
	}
	if needed := quote.Total.Add(quote.Deposit); balance.LTE(needed) {
		return fmt.Errorf("%w: %s holds %s%s, the deploy costs %s%s and a transaction fee; send it more, or choose a smaller --plan",
			ErrFunds, owner, balance, quote.Denom, needed, quote.Denom)
	}
	return nil
}

// endpoint is the super node to upload to.
func (o Options) endpoint(ctx context.Context, c Chain) (string, error) {
	if o.SuperNode != "" {
		return o.SuperNode, nil
	}
	answer, err := c.Functions().SuperNodes(ctx, &functionstypes.QuerySuperNodesRequest{Active: true})
	if err != nil {
		return "", fmt.Errorf("asking the chain for super nodes: %w", err)
	}
	if len(answer.SuperNodes) == 0 {
		return "", errors.New("the chain has no super node to upload to; name one with --supernode")
	}
	return answer.SuperNodes[0].Endpoint, nil
}

// awaitVerdict returns nil once the version is accepted, and ErrRejected with the reason when it is refused.
func awaitVerdict(ctx context.Context, c Chain, v functionstypes.Version) error {
	ctx, cancel := context.WithTimeout(ctx, verdictTimeout)
	defer cancel()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		answer, err := c.Functions().Version(ctx, &functionstypes.QueryVersionRequest{FunctionId: v.FunctionId, Number: v.Number})
		switch {
		case err != nil || answer.Version.Status == functionstypes.VERSION_STATUS_PENDING:
		case answer.Version.Status == functionstypes.VERSION_STATUS_REJECTED:
			return fmt.Errorf("%w: %s", ErrRejected, answer.Version.Reason)
		default:
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the verdict on %s: %w; it goes on: ask with `query functions version %s %d`", v.FunctionId, ctx.Err(), v.FunctionId, v.Number)
		case <-tick.C:
		}
	}
}

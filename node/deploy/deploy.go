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
	Name      string
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
	Deposit    math.Int
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
	if err := o.nameIsFree(ctx, c); err != nil {
		return nil, err
	}
	o.Progress("Building " + o.Source)
	pkg, err := Build(ctx, o.Source, o.Manifest.Build, o.Obfuscate)
	if err != nil {
		return nil, err
	}
	o.Progress("Running the sample request")
	msg, quote, err := o.prepare(ctx, c, pkg, sender.Address())
	if err != nil {
		return nil, err
	}
	if o.Confirm != nil && !o.Confirm(quote) {
		return nil, ErrCancelled
	}
	if err := afford(ctx, c, sender.Address(), quote); err != nil {
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
	sent, err := sender.Send(ctx, msg)
	if err != nil {
		return nil, fmt.Errorf("registering the function: %w", err)
	}
	id := functionstypes.FunctionID(msg.SigningKey)
	o.Progress("Waiting for the super nodes to verify " + id)
	if err := awaitVerdict(ctx, c, id); err != nil {
		return nil, err
	}
	return &Result{
		ID: id, Name: o.Name, Version: 1, CID: pkg.Artifact.Cid, SHA256: hex.EncodeToString(pkg.Artifact.Sha256),
		Complexity: msg.Complexity, FuelLimit: msg.FuelLimit, TxHash: sent.Hash, URL: strings.TrimSuffix(endpoint, "/") + "/f/" + o.Name,
		Cost: Cost{quote.Verification, quote.Hosting, quote.Included, quote.Total, quote.Denom},
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

// nameIsFree saves the work when it would be for nothing.
func (o Options) nameIsFree(ctx context.Context, c Chain) error {
	answer, err := c.Functions().Function(ctx, &functionstypes.QueryFunctionRequest{Function: o.Name})
	if err == nil && answer.Function.HoldsName() {
		return fmt.Errorf("the name %q belongs to %s already; choose another with --name", o.Name, answer.Function.Id)
	}
	if status.Code(err) == codes.Unavailable {
		return fmt.Errorf("asking the chain whether the name %q is free: %w", o.Name, err)
	}
	return nil // other errors mean that there is none
}

// prepare measures and prices the package and makes the signed message.
func (o Options) prepare(ctx context.Context, c Chain, pkg *Package, owner string) (*functionstypes.MsgDeployFunction, Quote, error) {
	functions, err := c.Functions().Params(ctx, &functionstypes.QueryParamsRequest{})
	if err != nil {
		return nil, Quote{}, fmt.Errorf("asking the chain for its params: %w", err)
	}
	rewards, err := c.Rewards().Params(ctx, &rewardstypes.QueryParamsRequest{})
	if err != nil {
		return nil, Quote{}, fmt.Errorf("asking the chain for its params: %w", err)
	}
	contract, err := o.Manifest.FunctionContract()
	if err != nil {
		return nil, Quote{}, err
	}
	sample, err := o.Manifest.ReadSample()
	if err != nil {
		return nil, Quote{}, err
	}
	engine, err := runtime.New(ctx, runtime.Config{})
	if err != nil {
		return nil, Quote{}, err
	}
	defer engine.Close(context.WithoutCancel(ctx))
	complexity, err := Measure(ctx, engine, pkg, contract, sample, functions.Params.MaxComplexity, o.Manifest.MemoryLimit())
	if err != nil {
		return nil, Quote{}, err
	}
	if o.Price.Denom != rewards.Params.Denom {
		return nil, Quote{}, fmt.Errorf("the price is in %s, but this chain's money is %s", o.Price.Denom, rewards.Params.Denom)
	}
	plan, err := rewards.Params.Plan(o.Plan)
	if err != nil {
		return nil, Quote{}, fmt.Errorf("%w; there are %s", err, planNames(rewards.Params))
	}
	quoted, err := rewards.Params.Tariff.Quote(plan, complexity, pkg.Artifact.Size_, o.Price.Amount)
	if err != nil {
		return nil, Quote{}, err
	}
	quote := Quote{
		Quote: quoted, Denom: rewards.Params.Denom, Deposit: functions.Params.NameDeposit.Amount, Plan: plan,
		Complexity: complexity, FuelLimit: complexity * o.Manifest.FuelFactor, Size: pkg.Artifact.Size_,
	}
	msg := &functionstypes.MsgDeployFunction{
		Owner: owner, Name: o.Name, SigningKey: o.Key.Public().(ed25519.PublicKey), Price: o.Price, OwnerShareBps: o.OwnerShareBps, Plan: o.Plan,
		Artifact: pkg.Artifact, SourceHash: pkg.SourceHash, Sample: functionstypes.Sample{Request: sample},
		Complexity: complexity, FuelLimit: quote.FuelLimit, MemoryLimit: o.Manifest.MemoryLimit(), Contract: contract,
		MaxCost: sdk.NewCoin(quote.Denom, quote.Total),
	}
	version := msg.Version()
	if err := functions.Params.Admit(functionstypes.Function{Price: o.Price}, version); err != nil {
		return nil, Quote{}, fmt.Errorf("the chain would refuse it: %w", err)
	}
	msg.Signature = ed25519.Sign(o.Key, functionstypes.VersionSignBytes(c.ChainID(), owner, o.Name, &version))
	return msg, quote, nil
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
	answer, err := c.Functions().SuperNodes(ctx, &functionstypes.QuerySuperNodesRequest{})
	if err != nil {
		return "", fmt.Errorf("asking the chain for super nodes: %w", err)
	}
	if len(answer.SuperNodes) == 0 {
		return "", errors.New("the chain has no super node to upload to; name one with --supernode")
	}
	return answer.SuperNodes[0].Endpoint, nil
}

// awaitVerdict returns nil once the function is ACTIVE, and ErrRejected with the reason when it is refused.
func awaitVerdict(ctx context.Context, c Chain, id string) error {
	ctx, cancel := context.WithTimeout(ctx, verdictTimeout)
	defer cancel()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		answer, err := c.Functions().Function(ctx, &functionstypes.QueryFunctionRequest{Function: id})
		switch {
		case err == nil && answer.Function.Status == functionstypes.FUNCTION_STATUS_ACTIVE:
			return nil
		case err == nil && answer.Function.Status == functionstypes.FUNCTION_STATUS_REJECTED:
			return fmt.Errorf("%w: %s", ErrRejected, answer.Version.Reason)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the verdict on %s: %w; it goes on: ask with `query functions function %s`", id, ctx.Err(), id)
		case <-tick.C:
		}
	}
}

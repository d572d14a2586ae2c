package types

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// FunctionsHooks is implemented by the module that holds the money. x/functions has stored its own state when a hook runs. At a deadline
// an error drops the writes of its hook alone: a block must not fail for one claim.
type FunctionsHooks interface {
	// AfterFunctionDeployed charges the owner at most maxCost. An error refuses the deploy.
	AfterFunctionDeployed(ctx context.Context, fn Function, v Version, maxCost sdk.Coin) error
	// AfterVersionProposed charges the owner of an active function at most maxCost for an update. An error refuses the update.
	AfterVersionProposed(ctx context.Context, fn Function, v Version, maxCost sdk.Coin) error
	// AfterVersionActivated follows the version that serves: the first, an update, or an older one again. An error refuses a rollback,
	// or the reveal that decided the claim.
	AfterVersionActivated(ctx context.Context, fn Function, v Version) error
	// AfterPriceSet follows a change of what requests cost. An error refuses it.
	AfterPriceSet(ctx context.Context, fn Function) error
	// AfterClaimDecided pays for a claim about a version that is accepted, rejected or expired. payees lists the attester accounts of the
	// super nodes that revealed what was agreed, in elector order; it is empty when the claim expired. An error refuses the reveal that
	// decided the claim.
	AfterClaimDecided(ctx context.Context, claim Claim, payees []string) error
}

// EndingHooks is implemented by modules that keep state about functions. They run at the end of a block, where an error drops the
// writes of the hook and of the step that called it, and the step is tried again later.
type EndingHooks interface {
	// AfterFunctionEnded is called once, when a deprecated function has ceased to serve.
	AfterFunctionEnded(ctx context.Context, fn Function) error
	// PruneFunction removes at most limit entries about a function that ended or was rejected, and pays back what they hold. It is called
	// again in a later block until it is done.
	PruneFunction(ctx context.Context, fn Function, limit uint32) (done bool, err error)
}

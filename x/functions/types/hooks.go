package types

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// FunctionsHooks is implemented by the module that holds the money. x/functions has stored its own state when a hook runs.
type FunctionsHooks interface {
	// AfterFunctionDeployed charges the owner at most maxCost. An error refuses the deploy.
	AfterFunctionDeployed(ctx context.Context, fn Function, v Version, maxCost sdk.Coin) error
	// AfterClaimDecided pays for a claim that is accepted, rejected or expired. majority lists the operator addresses of the
	// validators that revealed what was agreed, in elector order; it is empty when the claim expired. An error refuses the reveal that
	// decided the claim, or, at a deadline, drops the hook's writes.
	AfterClaimDecided(ctx context.Context, claim Claim, majority []string) error
}

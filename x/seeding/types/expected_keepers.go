package types

import (
	"context"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// FunctionsKeeper is what x/seeding needs of x/functions.
type FunctionsKeeper interface {
	// ActiveVersion returns functionstypes.ErrNotFound or functionstypes.ErrNotActive when nothing serves.
	ActiveVersion(ctx context.Context, id string) (functionstypes.Function, functionstypes.Version, error)
}

// Replicas is implemented by the module that holds the money.
type Replicas interface {
	// BaseReplicas returns how many paid seeds a function has paid for.
	BaseReplicas(ctx context.Context, functionID string) (uint32, error)
}

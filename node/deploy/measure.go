package deploy

import (
	"context"
	"fmt"

	"github.com/orbnetwork/orb/node/runtime"
	"github.com/orbnetwork/orb/pkg/receipt"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// Measure runs a sample as an attester will, and returns the fuel that it burns: the version's complexity.
func Measure(
	ctx context.Context, engine *runtime.Engine, p *Package, contract functionstypes.Contract, sample []byte, maxFuel, memory uint64,
) (uint64, error) {
	program, err := engine.Load(ctx, p.Bytes, runtime.Limits{Fuel: maxFuel, Memory: memory})
	if err != nil {
		return 0, err
	}
	defer program.Close(context.WithoutCancel(ctx))
	outcome, err := program.Run(ctx, contract, sample)
	if err != nil {
		return 0, fmt.Errorf("running the sample: %w", err)
	}
	if outcome.Fault != receipt.FaultNone {
		return 0, fmt.Errorf("the sample request fails: %s (%s)\n%s", outcome.Message, outcome.Fault, outcome.Log)
	}
	return outcome.Fuel, nil
}

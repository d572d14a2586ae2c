package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// conserving is a module that holds other people's money.
type conserving interface {
	// Conserved returns an error unless the module's accounts hold exactly what its state adds up to.
	Conserved(ctx context.Context) error
}

// Conserved asks every module that holds money whether it is all there. It reads the whole state: for tests, simulations and exports.
// Deposits of the running block must have been credited.
func (app *App) Conserved(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(app.modules.Modules)) {
		if m, ok := app.modules.Modules[name].(conserving); ok {
			if err := m.Conserved(ctx); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

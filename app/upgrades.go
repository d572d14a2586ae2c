package app

import (
	"context"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"
)

// namedUpgrade is what a named governance upgrade does beyond the modules' own migrations.
type namedUpgrade struct {
	name   string
	stores storetypes.StoreUpgrades
}

// upgrades lists every upgrade that this program can run through, in order. Names are those of the proposals.
var upgrades = []namedUpgrade{
	{name: "v2"}, // x/functions 1 → 2: prices that change
}

// registerUpgrades runs the modules' migrations at each upgrade's height, and lets its stores be added or removed before that.
func (app *App) registerUpgrades() {
	for _, u := range upgrades {
		app.Upgrade.SetUpgradeHandler(u.name, func(ctx context.Context, _ upgradetypes.Plan, from module.VersionMap) (module.VersionMap, error) {
			return app.modules.RunMigrations(ctx, app.configurator, from)
		})
	}
	pending, err := app.Upgrade.ReadUpgradeInfoFromDisk()
	if err != nil {
		panic(err)
	}
	if app.Upgrade.IsSkipHeight(pending.Height) {
		return
	}
	for _, u := range upgrades {
		if u.name == pending.Name {
			app.SetStoreLoader(upgradetypes.UpgradeStoreLoader(pending.Height, &u.stores))
		}
	}
}

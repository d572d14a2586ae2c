package main

import (
	"fmt"

	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/server"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"

	"github.com/orbnetwork/orb/app"
)

func newApp(logger log.Logger, db dbm.DB, appOpts servertypes.AppOptions) servertypes.Application {
	return app.New(logger, db, true, appOpts, server.DefaultBaseappOptions(appOpts)...)
}

func exportApp(logger log.Logger, db dbm.DB, height int64, forZeroHeight bool, jailAllowed []string,
	appOpts servertypes.AppOptions, modules []string,
) (servertypes.ExportedApp, error) {
	chain := app.New(logger, db, height == -1, appOpts, server.DefaultBaseappOptions(appOpts)...)
	if height != -1 {
		if err := chain.LoadHeight(height); err != nil {
			return servertypes.ExportedApp{}, fmt.Errorf("loading height %d: %w", height, err)
		}
	}
	return chain.ExportAppStateAndValidators(forZeroHeight, jailAllowed, modules)
}

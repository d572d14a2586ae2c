package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	cmtcfg "github.com/cometbft/cometbft/config"

	serverconfig "github.com/cosmos/cosmos-sdk/server/config"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// Defaults that differ from the SDK's; a node's app.toml and config.toml override them.
const (
	minGasPrice = "0.001" + functionstypes.Denom
	// queryGasLimit ends a query that would read the state from end to end.
	queryGasLimit = 50_000_000
	// iavlCacheSize in nodes; the SDK's 781,250 lets memory grow into gigabytes.
	iavlCacheSize = 20_000
	// minRetainBlocks keeps some ten days of blocks, so that a node that was away can read the events it missed.
	minRetainBlocks = 1_000_000
	// snapshotInterval in blocks lets new nodes join by state sync.
	snapshotInterval = 5_000
	// timeoutCommit is the pause after a block, and so nearly the block time.
	timeoutCommit = time.Second
)

// cometConfig returns CometBFT's defaults for this chain and writes the configuration of a home that has none. The SDK would otherwise
// write its own: five seconds of commit timeout, and a profiler that listens.
func cometConfig(home string) (*cmtcfg.Config, error) {
	comet := cmtcfg.DefaultConfig()
	comet.Consensus.TimeoutCommit = timeoutCommit

	folder := filepath.Join(home, "config")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("creating the home directory: %w", err)
	}
	if path := filepath.Join(folder, "config.toml"); missing(path) {
		cmtcfg.WriteConfigFile(path, comet)
	}
	if path := filepath.Join(folder, "app.toml"); missing(path) {
		serverconfig.WriteConfigFile(path, appConfig())
	}
	return comet, nil
}

func appConfig() *serverconfig.Config {
	config := serverconfig.DefaultConfig()
	config.MinGasPrices = minGasPrice
	config.QueryGasLimit = queryGasLimit
	config.IAVLCacheSize = iavlCacheSize
	config.MinRetainBlocks = minRetainBlocks
	config.StateSync.SnapshotInterval = snapshotInterval
	config.API.Enable = true
	return config
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

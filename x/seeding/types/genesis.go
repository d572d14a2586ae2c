package types

import (
	"crypto/sha256"

	"cosmossdk.io/errors"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// DefaultGenesis is the state of a new chain.
func DefaultGenesis() *GenesisState {
	return &GenesisState{Params: DefaultParams()}
}

// Validate checks each entry and that every seed belongs to a node.
func (g GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return err
	}
	nodes := make(map[string]bool)
	for _, node := range g.Nodes {
		if err := node.Validate(); err != nil {
			return errors.Wrap(ErrInvalidGenesis, err.Error())
		}
		if nodes[node.OrbId] {
			return errors.Wrapf(ErrInvalidGenesis, "node %s appears twice", node.OrbId)
		}
		nodes[node.OrbId] = true
	}
	type seedKey struct{ functionID, orbID string }
	seeds := make(map[seedKey]bool)
	for _, seed := range g.Seeds {
		if _, err := functionstypes.ParseFunctionID(seed.FunctionId); err != nil {
			return errors.Wrap(ErrInvalidGenesis, err.Error())
		}
		key := seedKey{seed.FunctionId, seed.OrbId}
		if !nodes[seed.OrbId] || seeds[key] {
			return errors.Wrapf(ErrInvalidGenesis, "seed of %s on %s has no node or appears twice", seed.FunctionId, seed.OrbId)
		}
		if seed.ClaimedThrough < seed.Since {
			return errors.Wrapf(ErrInvalidGenesis, "seed of %s on %s was paid through epoch %d and began in %d",
				seed.FunctionId, seed.OrbId, seed.ClaimedThrough, seed.Since)
		}
		seeds[key] = true
	}
	beacons := make(map[uint64]bool)
	for _, beacon := range g.Beacons {
		if len(beacon.Value) != sha256.Size || beacons[beacon.Epoch] {
			return errors.Wrapf(ErrInvalidGenesis, "beacon of epoch %d has %d bytes or appears twice", beacon.Epoch, len(beacon.Value))
		}
		beacons[beacon.Epoch] = true
	}
	return nil
}

package types

import (
	"crypto/sha256"

	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// DefaultGenesis is the state of a new chain.
func DefaultGenesis() *GenesisState {
	return &GenesisState{Params: DefaultParams(), Budget: Budget{Granted: math.ZeroInt()}}
}

// Validate checks each entry, that every seed and grant belongs to a node, and that each node counts its paid seeds.
func (g GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return err
	}
	nodes := make(map[string]Node)
	for _, node := range g.Nodes {
		if err := node.Validate(); err != nil {
			return errors.Wrap(ErrInvalidGenesis, err.Error())
		}
		if _, exists := nodes[node.OrbId]; exists {
			return errors.Wrapf(ErrInvalidGenesis, "node %s appears twice", node.OrbId)
		}
		nodes[node.OrbId] = node
	}
	if err := g.validateSeeds(nodes); err != nil {
		return err
	}
	beacons := make(map[uint64]bool)
	for _, beacon := range g.Beacons {
		if len(beacon.Value) != sha256.Size || beacons[beacon.Epoch] {
			return errors.Wrapf(ErrInvalidGenesis, "beacon of epoch %d has %d bytes or appears twice", beacon.Epoch, len(beacon.Value))
		}
		beacons[beacon.Epoch] = true
	}
	return g.validateGrants(nodes)
}

func (g GenesisState) validateSeeds(nodes map[string]Node) error {
	type seedKey struct{ functionID, orbID string }
	seeds := make(map[seedKey]bool)
	paid := make(map[string]uint32)
	for _, seed := range g.Seeds {
		if _, err := functionstypes.ParseFunctionID(seed.FunctionId); err != nil {
			return errors.Wrap(ErrInvalidGenesis, err.Error())
		}
		key := seedKey{seed.FunctionId, seed.OrbId}
		if _, known := nodes[seed.OrbId]; !known || seeds[key] {
			return errors.Wrapf(ErrInvalidGenesis, "seed of %s on %s has no node or appears twice", seed.FunctionId, seed.OrbId)
		}
		if seed.Paid && seed.ClaimedThrough < seed.Since {
			return errors.Wrapf(ErrInvalidGenesis, "seed of %s on %s was paid through epoch %d and began in %d",
				seed.FunctionId, seed.OrbId, seed.ClaimedThrough, seed.Since)
		}
		if err := validateAmounts(ErrInvalidGenesis, seed.RecentBurned); err != nil {
			return err
		}
		seeds[key] = true
		if seed.Paid {
			paid[seed.OrbId]++
		}
	}
	for _, node := range g.Nodes {
		if node.PaidSeeds != paid[node.OrbId] {
			return errors.Wrapf(ErrInvalidGenesis, "node %s counts %d paid seeds and has %d", node.OrbId, node.PaidSeeds, paid[node.OrbId])
		}
	}
	return nil
}

func (g GenesisState) validateGrants(nodes map[string]Node) error {
	granted := make(map[string]bool)
	for _, grant := range g.Grants {
		if err := grant.Validate(); err != nil {
			return err
		}
		if _, known := nodes[grant.OrbId]; !known || granted[grant.Operator] {
			return errors.Wrapf(ErrInvalidGenesis, "grant of %s has no node or appears twice", grant.Operator)
		}
		granted[grant.Operator] = true
	}
	quotas := make(map[string]bool)
	for _, quota := range g.Quotas {
		if _, err := sdk.ValAddressFromBech32(quota.Validator); err != nil || quotas[quota.Validator] {
			return errors.Wrapf(ErrInvalidGenesis, "quota of %s has no validator or appears twice", quota.Validator)
		}
		quotas[quota.Validator] = true
	}
	return validateAmounts(ErrInvalidGenesis, g.Budget.Granted)
}

// Bonds is what the module's account has to hold for this state: bonds, also those on their way back, and sponsors' deposits.
func (g GenesisState) Bonds() math.Int {
	sum := math.ZeroInt()
	for _, node := range g.Nodes {
		sum = sum.Add(node.Held())
	}
	for _, grant := range g.Grants {
		sum = sum.Add(grant.Deposit)
	}
	return sum
}

// Locked is what is granted and not spent or unlocked.
func (g GenesisState) Locked() math.Int {
	sum := math.ZeroInt()
	for _, grant := range g.Grants {
		sum = sum.Add(grant.Locked)
	}
	return sum
}

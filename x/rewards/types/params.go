package types

import (
	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/pkg/price"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

const (
	maxPlans       = 64
	maxLaneBlocks  = 10_000_000
	maxLaneCap     = 1_000_000_000_000
	maxEntries     = 1_000
	maxClosings    = 10_000
	minPriceFloor  = 1
	minPriceBounds = 1_000_000_000
	maxEpochs      = 10_000_000

	// What the network fee must at least be, and burn: paying yourself, or letting yourself be sponsored, always loses. At most as much
	// goes to gateways and the fire that validators, who are not the payer's choice, get a part as well.
	minFeeBps     = 100
	maxFeeBps     = 5_000
	minBurnBps    = 1_000
	maxBurnBps    = 9_000
	maxGatewayBps = 9_000
)

// DefaultParams returns the params of a new chain.
func DefaultParams() Params {
	return Params{
		Denom: functionstypes.Denom,
		Plans: []price.Plan{
			{Name: "bare"}, // attesters and open seeds serve; every caller pays
			{Name: "starter", IncludedRequests: 1_000},
			{Name: "standard", BaseReplicas: 2, TermEpochs: 4_320, IncludedRequests: 10_000}, // about thirty days
		},
		Tariff: price.Tariff{
			VerificationBase:     50_000, // what the transactions of a claim cost its attesters, several times over
			VerificationPerMfuel: 10,
			VerificationPerMib:   1_000,
			HostingBase:          10,
			HostingPerGfuel:      5,
			HostingPerMib:        5,
		},
		// A fee of 5%, half of it burned: paying yourself through your own function and host always loses.
		FeeSplit:            price.FeeSplit{FeeBps: 500, BurnBps: 5_000, GatewayBps: 4_000},
		MinPrice:            10,
		LaneBlocks:          3_600, // about an hour: longer than any one proposer can keep a settlement out
		MaxLaneCap:          1_000_000_000,
		MaxEntries:          200,
		MaxClosingsPerBlock: 200,
		ClaimEpochs:         144,    // a day
		MaxTermEpochs:       52_560, // a year
	}
}

// Validate checks each param's bounds.
func (p Params) Validate() error {
	if err := sdk.ValidateDenom(p.Denom); err != nil {
		return errors.Wrapf(ErrInvalidParams, "denom: %s", err)
	}
	if len(p.Plans) == 0 || len(p.Plans) > maxPlans {
		return errors.Wrapf(ErrInvalidParams, "%d plans, want 1 to %d", len(p.Plans), maxPlans)
	}
	names := make(map[string]bool)
	for _, plan := range p.Plans {
		if err := plan.Validate(); err != nil {
			return errors.Wrap(ErrInvalidParams, err.Error())
		}
		if names[plan.Name] {
			return errors.Wrapf(ErrInvalidParams, "plan %s appears twice", plan.Name)
		}
		names[plan.Name] = true
	}
	if err := p.Tariff.Validate(); err != nil {
		return errors.Wrap(ErrInvalidParams, err.Error())
	}
	if err := p.FeeSplit.Validate(); err != nil {
		return errors.Wrap(ErrInvalidParams, err.Error())
	}
	for _, bound := range []struct {
		name         string
		value        uint64
		least, limit uint64
	}{
		{"min_price", p.MinPrice, minPriceFloor, minPriceBounds},
		{"lane_blocks", p.LaneBlocks, 1, maxLaneBlocks},
		{"max_lane_cap", p.MaxLaneCap, 1, maxLaneCap},
		{"max_entries", uint64(p.MaxEntries), 1, maxEntries},
		{"max_closings_per_block", uint64(p.MaxClosingsPerBlock), 1, maxClosings},
		{"claim_epochs", p.ClaimEpochs, 2, maxEpochs},
		{"max_term_epochs", p.MaxTermEpochs, 1, maxEpochs},
		{"fee_split.fee_bps", uint64(p.FeeSplit.FeeBps), minFeeBps, maxFeeBps},
		{"fee_split.burn_bps", uint64(p.FeeSplit.BurnBps), minBurnBps, maxBurnBps},
		{"fee_split.gateway_bps", uint64(p.FeeSplit.GatewayBps), 0, maxGatewayBps},
	} {
		if bound.value < bound.least || bound.value > bound.limit {
			return errors.Wrapf(ErrInvalidParams, "%s %d is not in %d..%d", bound.name, bound.value, bound.least, bound.limit)
		}
	}
	return nil
}

// Plan returns a plan by name, or ErrUnknownPlan.
func (p Params) Plan(name string) (price.Plan, error) {
	for _, plan := range p.Plans {
		if plan.Name == name {
			return plan, nil
		}
	}
	return price.Plan{}, errors.Wrap(ErrUnknownPlan, name)
}

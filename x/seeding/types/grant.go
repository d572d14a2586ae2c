package types

import (
	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/pkg/orbid"
)

// Spend takes up to an amount out of what is locked.
func (g *Grant) Spend(amount math.Int) math.Int {
	spent := math.MinInt(amount, g.Locked)
	g.Locked, g.Spent = g.Locked.Sub(spent), g.Spent.Add(spent)
	return spent
}

// Burned credits network fees that were burned on requests of the grant's node. They first repay what was spent, for which the sponsor's
// deposit answers, and then unlock the rest, one for one. So what leaves the pool for good never exceeds what was burned or forfeited.
func (g *Grant) Burned(amount math.Int) (repaid, unlocked math.Int) {
	repaid = math.MinInt(amount, g.Spent.Sub(g.Repaid))
	unlocked = math.MinInt(amount.Sub(repaid), g.Locked)
	g.Repaid, g.Locked = g.Repaid.Add(repaid), g.Locked.Sub(unlocked)
	return repaid, unlocked
}

// UsedUp grants have nothing left to spend, unlock or repay.
func (g Grant) UsedUp() bool { return g.Locked.IsZero() && g.Repaid.Equal(g.Spent) }

// Forfeit is the part of the sponsor's deposit that makes up for what was spent and not repaid.
func (g Grant) Forfeit() math.Int { return math.MinInt(g.Deposit, g.Spent.Sub(g.Repaid)) }

// Validate checks the fields of a grant on their own.
func (g Grant) Validate() error {
	for _, account := range []string{g.Operator, g.Sponsor} {
		if _, err := sdk.AccAddressFromBech32(account); err != nil {
			return errors.Wrapf(ErrInvalidGenesis, "operator or sponsor of a grant: %s", err)
		}
	}
	if _, err := orbid.Key(g.OrbId); err != nil {
		return errors.Wrapf(ErrInvalidGenesis, "node of a grant: %s", err)
	}
	if err := validateAmounts(ErrInvalidGenesis, g.Locked, g.Spent, g.Repaid, g.Deposit); err != nil {
		return err
	}
	if g.Repaid.GT(g.Spent) {
		return errors.Wrapf(ErrInvalidGenesis, "grant of %s has repaid %s of %s", g.Operator, g.Repaid, g.Spent)
	}
	return nil
}

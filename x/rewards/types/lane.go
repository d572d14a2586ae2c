package types

import (
	"crypto/ed25519"
	"encoding/hex"

	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/pkg/price"
	"github.com/orbnetwork/orb/pkg/receipt"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// HexID returns the id in lower-case hex, as queries take it.
func (l Lane) HexID() string { return hex.EncodeToString(l.Id) }

// Full is what the lane locks in all, Rest what it still holds.
func (l Lane) Full() math.Int { return l.Price.Mul(math.NewIntFromUint64(l.Cap)) }

// Rest is what has not been redeemed yet.
func (l Lane) Rest() math.Int { return l.Price.Mul(math.NewIntFromUint64(l.Cap - l.Redeemed)) }

// Extend gives the lane a full life from a height on: it may be served on for one window and redeemed for two more.
func (l *Lane) Extend(height int64, blocks uint64) {
	l.Expiry = height + int64(blocks)
	l.Closes = l.Expiry + 2*int64(blocks)
}

// ExpireBy lets the lane expire before a deprecated function ends.
func (l *Lane) ExpireBy(fn functionstypes.Function) {
	if fn.Status == functionstypes.FUNCTION_STATUS_DEPRECATED {
		l.ExpireAt(fn.Ends)
	}
}

// ExpireAt lets the lane expire at a height, if it has not, and keeps the two windows in which it is redeemable after that.
func (l *Lane) ExpireAt(height int64) {
	if early := l.Expiry - height; early > 0 {
		l.Expiry, l.Closes = l.Expiry-early, l.Closes-early
	}
}

// Admit tells whether a receipt for count requests would pay at a height, if it is signed well. Errors are ErrLaneClosed, ErrStale and
// ErrOverCap.
func (l Lane) Admit(count uint64, height int64) error {
	switch {
	case height > l.Closes:
		return errors.Wrapf(ErrLaneClosed, "lane %s closed at height %d", l.HexID(), l.Closes)
	case count <= l.Redeemed:
		return errors.Wrapf(ErrStale, "%d of %d are settled", l.Redeemed, count)
	case count > l.Cap:
		return errors.Wrapf(ErrOverCap, "%d of at most %d", count, l.Cap)
	}
	return nil
}

// Pays returns what an admitted receipt pays beyond what is redeemed.
func (l Lane) Pays(count uint64) price.Split {
	return l.FeeSplit.Of(l.Price, l.OwnerShareBps, count).Sub(l.FeeSplit.Of(l.Price, l.OwnerShareBps, l.Redeemed))
}

// Validate checks the fields of a lane on their own.
func (l Lane) Validate() error {
	if len(l.Id) != receipt.LaneIDSize {
		return errors.Wrapf(ErrInvalidLane, "id of %d bytes", len(l.Id))
	}
	for _, account := range []string{l.Payer, l.Opener, l.Operator} {
		if _, err := sdk.AccAddressFromBech32(account); err != nil {
			return errors.Wrapf(ErrInvalidLane, "payer, opener or operator: %s", err)
		}
	}
	switch {
	case len(l.SessionKey) != ed25519.PublicKeySize:
		return errors.Wrapf(ErrInvalidLane, "session key has %d bytes, want %d", len(l.SessionKey), ed25519.PublicKeySize)
	case l.Price.IsNil() || !l.Price.IsPositive():
		return errors.Wrap(ErrInvalidLane, "price is missing or not positive")
	case l.OwnerShareBps > functionstypes.BasisPoints:
		return errors.Wrapf(ErrInvalidLane, "owner share of %d basis points", l.OwnerShareBps)
	case l.Redeemed > l.Cap:
		return errors.Wrapf(ErrInvalidLane, "%d requests are redeemed of at most %d", l.Redeemed, l.Cap)
	case l.Closes < l.Expiry:
		return errors.Wrapf(ErrInvalidLane, "closes at %d before it expires at %d", l.Closes, l.Expiry)
	}
	if err := l.FeeSplit.Validate(); err != nil {
		return errors.Wrap(ErrInvalidLane, err.Error())
	}
	return nil
}

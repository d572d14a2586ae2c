package types

import (
	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// lanesPerBlock is more than any block has room for.
const lanesPerBlock = 1 << 20

// NewSubscription returns an empty subscription that begins at a height. Its count of lanes starts beyond that of any earlier subscription
// of the same payer, which ended in an earlier block: the ids of lanes count on it, and receipts for an old lane must never fit a new one.
func NewSubscription(payer, functionID string, height int64) Subscription {
	return Subscription{
		Payer: payer, FunctionId: functionID, Balance: math.ZeroInt(), Locked: math.ZeroInt(), Spent: math.ZeroInt(), Limits: NoLimits(),
		Lanes: uint64(height) * lanesPerBlock,
	}
}

// NoLimits lets a delegate lock whatever the balance holds.
func NoLimits() Limits {
	return Limits{MaxPrice: math.ZeroInt(), MaxLocked: math.ZeroInt(), MaxSpend: math.ZeroInt()}
}

// Validate checks that limits are amounts.
func (l Limits) Validate() error {
	return validateAmounts(ErrInvalidSubscription, amount{"max_price", l.MaxPrice}, amount{"max_locked", l.MaxLocked}, amount{"max_spend", l.MaxSpend})
}

// Validate checks the fields of a subscription on their own.
func (s Subscription) Validate() error {
	if _, err := sdk.AccAddressFromBech32(s.Payer); err != nil {
		return errors.Wrapf(ErrInvalidSubscription, "payer: %s", err)
	}
	if s.Delegate != "" {
		if _, err := sdk.AccAddressFromBech32(s.Delegate); err != nil {
			return errors.Wrapf(ErrInvalidSubscription, "delegate: %s", err)
		}
	}
	if err := validateAmounts(ErrInvalidSubscription, amount{"balance", s.Balance}, amount{"locked", s.Locked}, amount{"spent", s.Spent}); err != nil {
		return err
	}
	return s.Limits.Validate()
}

// Empty subscriptions hold nothing and promise nothing, and are forgotten. Public ones live as long as their function.
func (s Subscription) Empty() bool {
	return s.Locked.IsZero() && s.Balance.IsZero() && (s.Unsubscribed || !s.Public)
}

// Lock moves an amount from the balance into lanes. Limits bind everyone but the payer.
func (s *Subscription) Lock(opener string, price, amount math.Int, epoch uint64) error {
	if s.Unsubscribed {
		return errors.Wrap(ErrUnsubscribed, s.Payer)
	}
	if s.Balance.LT(amount) {
		return errors.Wrapf(ErrInsufficientBalance, "%s is needed, %s is there", amount, s.Balance)
	}
	if s.SpendEpoch != epoch {
		s.SpendEpoch, s.Spent = epoch, math.ZeroInt()
	}
	locked, spent := s.Locked.Add(amount), s.Spent.Add(amount)
	if opener != s.Payer {
		for _, limit := range []struct {
			name       string
			value, max math.Int
		}{{"max_price", price, s.Limits.MaxPrice}, {"max_locked", locked, s.Limits.MaxLocked}, {"max_spend", spent, s.Limits.MaxSpend}} {
			if limit.max.IsPositive() && limit.value.GT(limit.max) {
				return errors.Wrapf(ErrLimit, "%s is %s, this would be %s", limit.name, limit.max, limit.value)
			}
		}
	}
	s.Balance, s.Locked, s.Spent = s.Balance.Sub(amount), locked, spent
	return nil
}

type amount struct {
	name  string
	value math.Int
}

func validateAmounts(sentinel error, amounts ...amount) error {
	for _, a := range amounts {
		if a.value.IsNil() || a.value.IsNegative() {
			return errors.Wrapf(sentinel, "%s is missing or negative", a.name)
		}
	}
	return nil
}

package simulation

import (
	"bytes"
	"context"
	"crypto/ed25519"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/functions/keeper"
	"github.com/orbnetwork/orb/x/functions/types"
)

// pickFunction skips unless there is a function in one of the statuses. One time in eight somebody who does not own it acts on it.
func pickFunction(ctx context.Context, k keeper.Keeper, data *simsx.ChainDataSource, reporter simsx.SimulationReporter, statuses ...types.FunctionStatus,
) (types.Function, simsx.SimAccount) {
	answer, err := keeper.NewQueryServer(k).Functions(ctx, &types.QueryFunctionsRequest{Status: simsx.OneOf(data.Rand(), statuses)})
	if err != nil || len(answer.Functions) == 0 {
		reporter.Skip("no such function")
		return types.Function{}, simsx.SimAccount{}
	}
	fn := simsx.OneOf(data.Rand(), answer.Functions)
	if data.Rand().Intn(8) == 0 {
		return fn, data.AnyAccount(reporter, simsx.WithSpendableBalance())
	}
	return fn, data.GetAccount(reporter, fn.Owner)
}

// signer finds the key that signs a function's versions now: the first one, or one that it was rotated to.
func signer(fn types.Function) (ed25519.PrivateKey, bool) {
	candidate := functionKey(fn.Name)
	for range 8 {
		public := candidate.Public().(ed25519.PublicKey)
		if bytes.Equal(public, fn.SigningKey) {
			return candidate, true
		}
		candidate = rotatedKey(public)
	}
	return nil, false
}

// UpdateFunction proposes another version of a random function; now and then under a number that has been used.
func UpdateFunction(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgUpdateFunction] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUpdateFunction) {
		fn, owner := pickFunction(ctx, k, data, reporter, types.FUNCTION_STATUS_ACTIVE)
		if reporter.IsSkipped() {
			return nil, nil
		}
		key, known := signer(fn)
		if !known {
			reporter.Skip("the function's key is not known")
			return nil, nil
		}
		r := data.Rand()
		complexity := uint64(r.IntInRange(1_000, 1_000_000))
		msg := &types.MsgUpdateFunction{
			Owner:       owner.AddressBech32,
			FunctionId:  fn.Id,
			Version:     fn.LatestVersion + 1 - uint64(r.Intn(8)/7),
			Artifact:    artifact(),
			Complexity:  complexity,
			FuelLimit:   complexity * types.FuelFactor,
			MemoryLimit: types.PageSize,
			Contract:    types.CONTRACT_FILTER,
			MaxCost:     owner.LiquidBalance().RandSubsetCoin(reporter, types.Denom),
		}
		version := msg.Proposed(fn.SigningKey)
		msg.Signature = ed25519.Sign(key, types.VersionSignBytes(sdk.UnwrapSDKContext(ctx).ChainID(), msg.Owner, fn.Name, &version))
		return []simsx.SimAccount{owner}, msg
	}
}

// RollbackFunction goes back to any number, accepted before or not.
func RollbackFunction(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgRollbackFunction] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgRollbackFunction) {
		fn, owner := pickFunction(ctx, k, data, reporter, types.FUNCTION_STATUS_ACTIVE, types.FUNCTION_STATUS_DEPRECATED)
		if reporter.IsSkipped() {
			return nil, nil
		}
		return []simsx.SimAccount{owner}, &types.MsgRollbackFunction{
			Owner: owner.AddressBech32, FunctionId: fn.Id, Version: 1 + uint64(data.Rand().Intn(int(fn.LatestVersion))),
		}
	}
}

// DeprecateFunction gives notice for a random function.
func DeprecateFunction(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgDeprecateFunction] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgDeprecateFunction) {
		fn, owner := pickFunction(ctx, k, data, reporter, types.FUNCTION_STATUS_ACTIVE, types.FUNCTION_STATUS_ACTIVE, types.FUNCTION_STATUS_PENDING)
		if reporter.IsSkipped() {
			return nil, nil
		}
		return []simsx.SimAccount{owner}, &types.MsgDeprecateFunction{Owner: owner.AddressBech32, FunctionId: fn.Id}
	}
}

// TransferFunction gives a random function to anybody.
func TransferFunction(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgTransferFunction] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgTransferFunction) {
		fn, owner := pickFunction(ctx, k, data, reporter, types.FUNCTION_STATUS_ACTIVE, types.FUNCTION_STATUS_DEPRECATED)
		to := data.AnyAccount(reporter)
		if reporter.IsSkipped() {
			return nil, nil
		}
		return []simsx.SimAccount{owner}, &types.MsgTransferFunction{Owner: owner.AddressBech32, FunctionId: fn.Id, NewOwner: to.AddressBech32}
	}
}

// SetPrice asks for another price, now and then for one that is out of bounds or what is asked for already.
func SetPrice(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgSetPrice] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgSetPrice) {
		fn, owner := pickFunction(ctx, k, data, reporter, types.FUNCTION_STATUS_ACTIVE, types.FUNCTION_STATUS_ACTIVE, types.FUNCTION_STATUS_ENDED)
		if reporter.IsSkipped() {
			return nil, nil
		}
		r := data.Rand()
		price := simsx.OneOf(r, []int64{0, fn.Price.Amount.Int64(), int64(r.IntInRange(1, 1_000)), int64(r.IntInRange(10, 1_000)), 1 << 40})
		return []simsx.SimAccount{owner}, &types.MsgSetPrice{
			Owner: owner.AddressBech32, FunctionId: fn.Id, Price: sdk.NewInt64Coin(types.Denom, price),
		}
	}
}

// RotateKey replaces a random function's key; now and then by one that has not signed.
func RotateKey(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgRotateKey] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgRotateKey) {
		fn, owner := pickFunction(ctx, k, data, reporter, types.FUNCTION_STATUS_ACTIVE)
		if reporter.IsSkipped() {
			return nil, nil
		}
		next := rotatedKey(fn.SigningKey)
		msg := &types.MsgRotateKey{Owner: owner.AddressBech32, FunctionId: fn.Id, SigningKey: next.Public().(ed25519.PublicKey)}
		if data.Rand().Intn(8) == 0 {
			next = key(data.Rand())
		}
		msg.Signature = ed25519.Sign(next, types.RotationSignBytes(sdk.UnwrapSDKContext(ctx).ChainID(), msg.Owner, fn.Id, msg.SigningKey))
		return []simsx.SimAccount{owner}, msg
	}
}

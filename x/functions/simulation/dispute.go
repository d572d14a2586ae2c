package simulation

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"strconv"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/pkg/orbid"
	"github.com/orbnetwork/orb/pkg/receipt"
	"github.com/orbnetwork/orb/x/functions/keeper"
	"github.com/orbnetwork/orb/x/functions/types"
)

// DisputeResult reports what a random account's node has signed about a random function. Some results were reported before, some were
// never signed; which of the others are lies is up to the attesters' finding.
func DisputeResult(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgDisputeResult] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgDisputeResult) {
		fn, _ := pickFunction(ctx, k, data, reporter, types.FUNCTION_STATUS_ACTIVE, types.FUNCTION_STATUS_DEPRECATED, types.FUNCTION_STATUS_ENDED)
		host := data.AnyAccount(reporter)
		accuser := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		if reporter.IsSkipped() {
			return nil, nil
		}
		r := data.Rand()
		request := []byte("request " + strconv.Itoa(r.Intn(1_000)))
		hash, response := sha256.Sum256(request), sha256.Sum256([]byte("response"))
		result := receipt.Result{Sequence: 1, RequestHash: hash[:], ResponseHash: response[:], Fuel: 1_000}
		nodeKey := NodeKey(host.AddressBech32)
		batch := receipt.SignBatch(nodeKey, sdk.UnwrapSDKContext(ctx).ChainID(), make([]byte, receipt.LaneIDSize), fn.Id,
			1+uint64(r.Intn(int(fn.LatestVersion))), []receipt.Result{result})
		if r.Intn(8) == 0 {
			batch.Signature = make([]byte, ed25519.SignatureSize)
		}
		return []simsx.SimAccount{accuser}, &types.MsgDisputeResult{
			Reporter: accuser.AddressBech32,
			OrbId:    orbid.FromKey(nodeKey.Public().(ed25519.PublicKey)),
			Batch:    batch,
			Result:   result,
			Request:  request,
		}
	}
}

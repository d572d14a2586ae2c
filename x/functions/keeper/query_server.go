package keeper

import (
	"cosmossdk.io/errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/orbnetwork/orb/x/functions/types"
)

type queryServer struct{ k Keeper }

// NewQueryServer returns the handlers of the module's queries.
func NewQueryServer(k Keeper) types.QueryServer { return queryServer{k} }

// queryError gives a query's error the status that clients expect: REST answers 404 and 400 by it.
func queryError(err error) error {
	switch {
	case errors.IsOf(err, types.ErrNotFound):
		return status.Error(codes.NotFound, err.Error())
	case errors.IsOf(err, types.ErrInvalidID, types.ErrInvalidName, types.ErrInvalidAttestation, types.ErrInvalidSuperNode):
		return status.Error(codes.InvalidArgument, err.Error())
	}
	return err
}

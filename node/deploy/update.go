package deploy

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// errKey says that the key at hand does not sign the function's versions.
var errKey = errors.New("the function's versions are signed by another key")

// canUpdate saves the work when the function cannot take a version now.
func (o Options) canUpdate(fn functionstypes.Function) error {
	switch {
	case fn.Status != functionstypes.FUNCTION_STATUS_ACTIVE:
		return fmt.Errorf("%s is %s: it takes no new version", fn.Name, fn.Status)
	case fn.PendingVersion != 0:
		return fmt.Errorf("version %d of %s is still being verified; wait for the verdict", fn.PendingVersion, fn.Name)
	case !bytes.Equal(fn.SigningKey, o.Key.Public().(ed25519.PublicKey)):
		return fmt.Errorf("%w than functions/%s.key in your home: bring that key back, or make a new one with rotate-key", errKey, fn.Name)
	case !o.Update && !fn.Price.Equal(o.Price):
		return fmt.Errorf("%s costs %s a request: a new version keeps that, so --price cannot be %s", fn.Name, fn.Price, o.Price)
	}
	return nil
}

// update is the message that proposes a new version of a function. A version that is dearer to host than the last is charged the
// difference for what is left of the term: at most what the whole term costs.
func (o Options) update(c Chain, m measured, fn functionstypes.Function) (proposal, error) {
	quote, err := o.quote(m, fn.Plan, fn.Price)
	if err != nil {
		return proposal{}, err
	}
	quote.Update, quote.Included, quote.Deposit = true, math.ZeroInt(), math.ZeroInt()
	quote.Total = quote.Verification.Add(quote.Hosting)
	msg := &functionstypes.MsgUpdateFunction{
		Owner: fn.Owner, FunctionId: fn.Id, Version: fn.LatestVersion + 1,
		Artifact: m.pkg.Artifact, SourceHash: m.pkg.SourceHash, Sample: functionstypes.Sample{Request: m.sample},
		Complexity: m.complexity, FuelLimit: quote.FuelLimit, MemoryLimit: o.Manifest.MemoryLimit(), Contract: m.contract,
		MaxCost: sdk.NewCoin(quote.Denom, quote.Total),
	}
	version := msg.Proposed(fn.SigningKey)
	if err := m.functions.AdmitVersion(version); err != nil {
		return proposal{}, fmt.Errorf("the chain would refuse it: %w", err)
	}
	msg.Signature = ed25519.Sign(o.Key, functionstypes.VersionSignBytes(c.ChainID(), fn.Owner, fn.Name, &version))
	return proposal{msg, version, quote}, nil
}

package keeper_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

// update returns a signed update of a deployment.
func update(name string, number uint64) *types.MsgUpdateFunction {
	first := deployment(name)
	digest := sha256.Sum256(append([]byte(name), byte(number)))
	cid := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(append([]byte{0x01, 0x55, 0x12, 0x20}, digest[:]...))
	return signUpdate(name, signingKey(name), &types.MsgUpdateFunction{
		Owner: first.Owner, FunctionId: types.FunctionID(first.SigningKey), Version: number,
		Artifact:   types.Artifact{Cid: "b" + strings.ToLower(cid), Sha256: digest[:], MerkleRoot: digest[:], Size_: 2 << 20},
		Sample:     first.Sample,
		Complexity: first.Complexity, FuelLimit: first.FuelLimit, MemoryLimit: first.MemoryLimit, Contract: first.Contract,
		MaxCost: sdk.NewInt64Coin(types.Denom, 5),
	})
}

func signUpdate(name string, key ed25519.PrivateKey, msg *types.MsgUpdateFunction) *types.MsgUpdateFunction {
	version := msg.Proposed(key.Public().(ed25519.PublicKey))
	msg.Signature = ed25519.Sign(key, types.VersionSignBytes(chainID, msg.Owner, name, &version))
	return msg
}

// active deploys a function and has it accepted by "vera".
func (s *suite) active(name string) string {
	s.Helper()
	deployed := s.deploy(name)
	s.attest(valid("vera", deployed.ClaimId), "vera")
	return deployed.Id
}

// attest has super nodes commit to and reveal the same finding.
func (s *suite) attest(reveal *types.MsgRevealAttestation, names ...string) {
	s.Helper()
	for _, name := range names {
		require.NoError(s, s.commit(name, by(name, reveal)))
	}
	for _, name := range names {
		require.NoError(s, s.reveal(by(name, reveal)))
	}
}

func by(name string, reveal *types.MsgRevealAttestation) *types.MsgRevealAttestation {
	own, salt := *reveal, sha256.Sum256([]byte(name))
	own.Attester, own.Salt = person(name+"-attester").String(), salt[:]
	return &own
}

func (s *suite) function(id string) types.Function {
	s.Helper()
	fn, err := s.keeper.GetFunction(s.ctx, id)
	require.NoError(s, err)
	return fn
}

func (s *suite) version(id string, number uint64) types.Version {
	s.Helper()
	version, err := s.keeper.GetVersion(s.ctx, id, number)
	require.NoError(s, err)
	return version
}

func TestUpdateFunction(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	id := s.active("markdown")
	require.Len(t, s.hooks.activated, 1)
	response, err := s.msgs.UpdateFunction(s.ctx, update("markdown", 2))
	require.NoError(t, err)

	_, serving, err := s.keeper.ActiveVersion(s.ctx, id)
	require.NoError(t, err)
	require.EqualValues(t, 1, serving.Number, "the active version serves meanwhile")
	require.EqualValues(t, 2, s.function(id).PendingVersion)
	require.Equal(t, []types.Version{s.version(id, 2)}, s.hooks.proposed)
	require.EqualValues(t, 5, s.hooks.maxCost.Amount.Int64())
	_, err = s.msgs.UpdateFunction(s.ctx, update("markdown", 3))
	require.ErrorIs(t, err, types.ErrPendingVersion)
	s.roundTrip()

	s.attest(valid("vera", response.ClaimId), "vera")
	_, serving, err = s.keeper.ActiveVersion(s.ctx, id)
	require.NoError(t, err)
	require.EqualValues(t, 2, serving.Number)
	require.Equal(t, types.VERSION_STATUS_RETIRED, s.version(id, 1).Status)
	require.Zero(t, s.function(id).PendingVersion)
	require.Equal(t, []types.Version{s.version(id, 2)}, s.hooks.activated[1:])
	s.roundTrip()
}

func TestUpdateFunctionThatIsRejected(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	id := s.active("markdown")
	response, err := s.msgs.UpdateFunction(s.ctx, update("markdown", 2))
	require.NoError(t, err)
	s.attest(verdict("vera", response.ClaimId, types.VERDICT_BAD_MODULE), "vera")

	fn := s.function(id)
	require.Equal(t, types.FUNCTION_STATUS_ACTIVE, fn.Status)
	require.EqualValues(t, 1, fn.ActiveVersion)
	require.Equal(t, types.VERSION_STATUS_REJECTED, s.version(id, 2).Status)
	require.Len(t, s.hooks.activated, 1)
	_, err = s.msgs.UpdateFunction(s.ctx, update("markdown", 2))
	require.ErrorIs(t, err, types.ErrInvalidVersion, "a number is used once, so no signature counts twice")
	_, err = s.msgs.UpdateFunction(s.ctx, update("markdown", 3))
	require.NoError(t, err)
	s.roundTrip()
}

func TestUpdateFunctionRefuses(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	s.active("markdown")
	resign := func(change func(*types.MsgUpdateFunction)) *types.MsgUpdateFunction {
		msg := update("markdown", 2)
		change(msg)
		return signUpdate("markdown", signingKey("markdown"), msg)
	}
	unsigned := update("markdown", 2)
	unsigned.Complexity++
	for name, test := range map[string]struct {
		msg  *types.MsgUpdateFunction
		want error
	}{
		"signature":       {unsigned, types.ErrInvalidSignature},
		"another's key":   {signUpdate("markdown", signingKey("mallory"), update("markdown", 2)), types.ErrInvalidSignature},
		"another's":       {resign(func(m *types.MsgUpdateFunction) { m.Owner = person("bob").String() }), types.ErrNotOwner},
		"unknown":         {resign(func(m *types.MsgUpdateFunction) { m.FunctionId = types.FunctionID([]byte("none")) }), types.ErrNotFound},
		"number skipped":  {resign(func(m *types.MsgUpdateFunction) { m.Version = 3 }), types.ErrInvalidVersion},
		"number repeated": {resign(func(m *types.MsgUpdateFunction) { m.Version = 1 }), types.ErrInvalidVersion},
		"too large":       {resign(func(m *types.MsgUpdateFunction) { m.Artifact.Size_ = 33 << 20 }), types.ErrInvalidVersion},
		"fuel limit":      {resign(func(m *types.MsgUpdateFunction) { m.FuelLimit = 1 }), types.ErrInvalidVersion},
	} {
		_, err := s.msgs.UpdateFunction(s.ctx, test.msg)
		require.ErrorIs(t, err, test.want, name)
	}
	s.deploy("pending")
	_, err := s.msgs.UpdateFunction(s.ctx, update("pending", 2))
	require.ErrorIs(t, err, types.ErrNotActive)
	s.hooks.refuse = errRefused
	_, err = s.msgs.UpdateFunction(s.ctx, update("markdown", 2))
	require.ErrorIs(t, err, errRefused, "the owner cannot pay")
}

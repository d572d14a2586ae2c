package keeper_test

import (
	"crypto/ed25519"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/x/functions/types"
)

func rotation(id, owner, key string) *types.MsgRotateKey {
	msg := &types.MsgRotateKey{Owner: person(owner).String(), FunctionId: id, SigningKey: signingKey(key).Public().(ed25519.PublicKey)}
	msg.Signature = ed25519.Sign(signingKey(key), types.RotationSignBytes(chainID, msg.Owner, msg.FunctionId, msg.SigningKey))
	return msg
}

func TestRotateKey(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	id := s.active("markdown")
	_, err := s.msgs.RotateKey(s.ctx, rotation(id, "alice", "fresh"))
	require.NoError(t, err)
	require.Equal(t, id, s.function(id).Id, "the id stays")
	_, err = s.msgs.UpdateFunction(s.ctx, update("markdown", 2))
	require.ErrorIs(t, err, types.ErrInvalidSignature, "the old key signs no more")
	response, err := s.msgs.UpdateFunction(s.ctx, signUpdate("markdown", signingKey("fresh"), update("markdown", 2)))
	require.NoError(t, err)
	s.attest(valid("vera", response.ClaimId), "vera")
	for number := range uint64(2) {
		version := s.version(id, number+1)
		require.NoError(t, types.VerifyVersion(chainID, "markdown", &version))
	}
	s.roundTrip()
}

func TestRotateKeyRefuses(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	id := s.active("markdown")
	other := rotation(id, "alice", "fresh")
	other.SigningKey = signingKey("other").Public().(ed25519.PublicKey)
	short := rotation(id, "alice", "fresh")
	short.SigningKey = short.SigningKey[:31]
	replayed := rotation(id, "bob", "fresh")
	replayed.Owner = person("alice").String()
	for name, test := range map[string]struct {
		msg  *types.MsgRotateKey
		want error
	}{
		"another's function": {rotation(id, "bob", "fresh"), types.ErrNotOwner},
		"not the new key's":  {other, types.ErrInvalidSignature},
		"for another owner":  {replayed, types.ErrInvalidSignature},
		"short key":          {short, types.ErrInvalidFunction},
	} {
		_, err := s.msgs.RotateKey(s.ctx, test.msg)
		require.ErrorIs(t, err, test.want, name)
	}
	_, err := s.msgs.RotateKey(s.ctx.WithChainID("another"), rotation(id, "alice", "fresh"))
	require.ErrorIs(t, err, types.ErrInvalidSignature)
}

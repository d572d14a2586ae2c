package deploy

import (
	"crypto/ed25519"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// owned is the function that the scene's owner has under the name already.
func (s *scene) owned() *functionstypes.Function {
	key := s.options.Key.Public().(ed25519.PublicKey)
	return &functionstypes.Function{
		Id: functionstypes.FunctionID(key), Owner: owner, SigningKey: key, Name: "shout", Status: functionstypes.FUNCTION_STATUS_ACTIVE,
		ActiveVersion: 2, LatestVersion: 3, Price: s.options.Price, Plan: "standard",
	}
}

// TestUpdate: a name that is the wallet's own gets a new version, by either command, under the plan that it has.
func TestUpdate(t *testing.T) {
	for _, update := range []bool{false, true} {
		s := newScene(t)
		s.chain.taken = s.owned()
		if s.options.Update = update; update {
			s.options.Price, s.options.Plan = sdk.Coin{}, ""
		}
		var quote Quote
		s.options.Confirm = func(q Quote) bool { quote = q; return true }
		result, err := s.run(t)
		require.NoError(t, err)
		require.Nil(t, s.chain.sent)
		msg := s.chain.proposed
		require.EqualValues(t, 4, msg.Version)
		require.Equal(t, s.chain.taken.Id, msg.FunctionId)
		version := msg.Proposed(s.chain.taken.SigningKey)
		require.NoError(t, functionstypes.VerifyVersion("orb-test", "shout", &version))
		require.Equal(t, sdk.NewCoin("uorb", quote.Verification.Add(quote.Hosting)), msg.MaxCost)
		require.True(t, quote.Hosting.IsPositive(), "the function's own plan")
		require.Contains(t, quote.Text(), "at most")
		require.NotContains(t, quote.Text(), "name deposit")
		require.EqualValues(t, 4, result.Version)
		require.Equal(t, s.chain.taken.Id, result.ID)
		require.Equal(t, 1, s.uploaded)
	}
}

func TestUpdateFails(t *testing.T) {
	for name, c := range map[string]struct {
		spoil    func(*scene)
		is       error
		wrong    string
		uploaded int
	}{
		"nothing there":  {spoil: func(s *scene) { s.chain.taken, s.options.Update = nil, true }, wrong: `no function named "shout" to update`},
		"another's":      {spoil: func(s *scene) { s.chain.taken.Owner = "orb1other" }, wrong: "belongs to"},
		"deprecated":     {spoil: func(s *scene) { s.chain.taken.Status = functionstypes.FUNCTION_STATUS_DEPRECATED }, wrong: "takes no new version"},
		"being verified": {spoil: func(s *scene) { s.chain.taken.PendingVersion = 3 }, wrong: "version 3 of shout is still being verified"},
		"another key":    {spoil: func(s *scene) { s.chain.taken.SigningKey = make([]byte, 32) }, is: errKey},
		"another price":  {spoil: func(s *scene) { s.options.Price.Amount = math.NewInt(51) }, wrong: "costs 50uorb a request"},
		"rejected": {
			spoil: func(s *scene) { s.chain.verdict = functionstypes.VERSION_STATUS_REJECTED }, is: ErrRejected, uploaded: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			s.chain.taken = s.owned()
			c.spoil(s)
			_, err := s.run(t)
			require.ErrorContains(t, err, c.wrong)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
			require.Equal(t, c.uploaded, s.uploaded)
		})
	}
}

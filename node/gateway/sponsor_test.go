package gateway

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/pkg/orbid"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// sponsorships takes MsgSponsorNode, or refuses with an error.
type sponsorships struct {
	sent []*seedingtypes.MsgSponsorNode
	err  error
}

func (s *sponsorships) Send(_ context.Context, msgs ...sdk.Msg) (*chain.TxResult, error) {
	if s.err != nil {
		return nil, s.err
	}
	s.sent = append(s.sent, msgs[0].(*seedingtypes.MsgSponsorNode))
	return &chain.TxResult{Hash: "AB", MsgResponses: []proto.Message{
		&seedingtypes.MsgSponsorNodeResponse{Grant: sdk.NewInt64Coin("uorb", 200_000)},
	}}, nil
}

// newcomer returns what somebody who owns nothing asks with.
func newcomer(t *testing.T) SponsorRequest {
	t.Helper()
	account := secp256k1.GenPrivKey()
	public, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	r := SponsorRequest{
		Operator: sdk.AccAddress(account.PubKey().Address()).String(), PubKey: account.PubKey().Bytes(), OrbID: orbid.FromKey(public),
		Moniker: "new", Addresses: []string{"/ip4/192.0.2.1/tcp/4001"},
	}
	r.NodeSignature = ed25519.Sign(key, seedingtypes.RegistrationSignBytes("orb-test", r.Operator, r.OrbID))
	r.Signature, err = account.Sign(SponsorSignBytes("orb-test", r.Operator, r.OrbID))
	require.NoError(t, err)
	return r
}

func TestSponsor(t *testing.T) {
	sender := &sponsorships{}
	server, chainState := newTestServerWith(t, echoCaller, sender)
	ask := func(r SponsorRequest) (*http.Response, string) {
		body, err := json.Marshal(r)
		require.NoError(t, err)
		return do(t, http.MethodPost, server.URL+"/v1/nodes", body)
	}
	for name, spoil := range map[string]func(*SponsorRequest){
		"another's account":  func(r *SponsorRequest) { r.Operator = newcomer(t).Operator },
		"another's node":     func(r *SponsorRequest) { r.OrbID = newcomer(t).OrbID },
		"a node not asked":   func(r *SponsorRequest) { r.NodeSignature[0] ^= 1 },
		"an unsigned wish":   func(r *SponsorRequest) { r.Signature[0] ^= 1 },
		"a short key":        func(r *SponsorRequest) { r.PubKey = r.PubKey[:32] },
		"an invalid address": func(r *SponsorRequest) { r.Addresses = []string{"here"} },
		"a rich operator":    func(r *SponsorRequest) { chainState["rich "+r.Operator] = true },
	} {
		r := newcomer(t)
		spoil(&r)
		response, body := ask(r)
		require.Equal(t, "bad_sponsor_request", requireProblem(t, response, body, http.StatusBadRequest, "bad_sponsor_request").Error.Code, name)
	}
	require.Empty(t, sender.sent)

	r := newcomer(t)
	response, body := ask(r)
	require.Equal(t, http.StatusOK, response.StatusCode, body)
	require.JSONEq(t, `{"tx_hash":"AB","grant":"200000uorb"}`, body)
	require.Equal(t, &seedingtypes.MsgSponsorNode{
		Sponsor: attester, Operator: r.Operator, OrbId: r.OrbID, Moniker: "new", Addresses: r.Addresses, Signature: r.NodeSignature,
	}, sender.sent[0])

	sender.err = &chain.TxError{Codespace: seedingtypes.ModuleName, Code: seedingtypes.ErrQuota.ABCICode(), Log: "quota"}
	response, body = ask(newcomer(t))
	requireProblem(t, response, body, http.StatusServiceUnavailable, "sponsored_full")
	require.Equal(t, "600", response.Header.Get("Retry-After"))
	sender.err = nil
	response, body = ask(newcomer(t))
	requireProblem(t, response, body, http.StatusServiceUnavailable, "sponsored_full") // two an hour are taken
	require.Len(t, sender.sent, 1)
}

func TestNewcomersOfOneNetwork(t *testing.T) {
	var a addresses
	now := time.Unix(1_000_000, 0)
	for _, same := range []string{"[2001:db8::1]:1", "[2001:db8::2]:2"} {
		require.True(t, a.take(same, 2, now))
	}
	require.False(t, a.take("[2001:db8::3]:3", 2, now), "one holder of a /64")
	require.True(t, a.take("[2001:db8:0:1::1]:1", 2, now))
	require.True(t, a.take("127.0.0.1:1", 0, now), "a proxy on the same machine")
	require.True(t, a.take("[2001:db8::3]:3", 2, now.Add(2*time.Hour)))
}

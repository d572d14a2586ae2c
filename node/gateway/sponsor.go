package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"cosmossdk.io/math"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/node/chain"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

const (
	sponsorLabel      = "orb/sponsored/v1"
	maxSponsorRequest = 16 << 10
	// ownMoney, in uorb, is what an operator registers with by itself.
	ownMoney = 100_000
	// maxRemembered bounds the network addresses whose newcomers are counted.
	maxRemembered = 10_000
)

// SponsorRequest asks a super node to register a node for an operator who owns nothing yet. Bytes are base64 in JSON.
type SponsorRequest struct {
	// Operator is the account's address and PubKey its 33-byte secp256k1 public key.
	Operator  string   `json:"operator"`
	PubKey    []byte   `json:"pubkey"`
	OrbID     string   `json:"orb_id"`
	Moniker   string   `json:"moniker"`
	Addresses []string `json:"addresses"`
	// NodeSignature is the node key's over RegistrationSignBytes of x/seeding, Signature the operator's over SponsorSignBytes.
	NodeSignature []byte `json:"node_signature"`
	Signature     []byte `json:"signature"`
}

// SponsorSignBytes is what an operator's account signs to be sponsored with a node. Without it anybody could use up an operator's one grant.
func SponsorSignBytes(chainID, operator, orbID string) []byte {
	return signBytes(sponsorLabel, chainID, operator, orbID)
}

// verify checks the request's form and signatures.
func (r *SponsorRequest) verify(chainID string) error {
	if len(r.PubKey) != secp256k1.PubKeySize {
		return fmt.Errorf("%w: the public key has %d bytes, want %d", errSponsor, len(r.PubKey), secp256k1.PubKeySize)
	}
	key := secp256k1.PubKey{Key: r.PubKey}
	if sdk.AccAddress(key.Address()).String() != r.Operator {
		return fmt.Errorf("%w: the public key is not of %s", errSponsor, r.Operator)
	}
	if !key.VerifySignature(SponsorSignBytes(chainID, r.Operator, r.OrbID), r.Signature) {
		return fmt.Errorf("%w: the operator's signature does not match", errSponsor)
	}
	node := seedingtypes.NewNode(r.OrbID, r.Operator, r.Moniker, r.Addresses, 0)
	if err := errors.Join(node.Validate(), node.Agreed(chainID, r.NodeSignature)); err != nil {
		return fmt.Errorf("%w: %w", errSponsor, err)
	}
	return nil
}

// Sponsored is the answer to POST /v1/nodes.
type Sponsored struct {
	// TxHash in upper-case hex.
	TxHash string `json:"tx_hash"`
	// Grant that the operator got, e.g. "200000uorb".
	Grant string `json:"grant"`
}

// sponsor serves POST /v1/nodes: the attester registers a newcomer's node, answers for its grant with a deposit, and pays its gas for a while.
func (s *Server) sponsor(w http.ResponseWriter, r *http.Request) error {
	var request SponsorRequest
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxSponsorRequest))
	if err != nil {
		return readError(err)
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return fmt.Errorf("%w: %w", errSponsor, err)
	}
	if err := request.verify(s.chainID); err != nil {
		return err
	}
	owned, err := s.chain.Balance(r.Context(), request.Operator, functionstypes.Denom)
	if err != nil {
		return err
	}
	if owned.GTE(math.NewInt(ownMoney)) {
		return fmt.Errorf("%w: %s owns %s%s and can register by itself", errSponsor, request.Operator, owned, functionstypes.Denom)
	}
	now := time.Now()
	if !s.newcomers.take(r.RemoteAddr, max(s.cfg.MaxSponsored/4, 1), now) || !s.sponsored.take(1, now) {
		return errSponsored
	}
	result, err := s.sender.Send(r.Context(), &seedingtypes.MsgSponsorNode{
		Sponsor: s.attester, Operator: request.Operator, OrbId: request.OrbID, Moniker: request.Moniker, Addresses: request.Addresses,
		Signature: request.NodeSignature,
	})
	var refused *chain.TxError
	if errors.As(err, &refused) && refused.Codespace == seedingtypes.ModuleName && !errors.Is(err, seedingtypes.ErrQuota) {
		return fmt.Errorf("%w: %w", errSponsor, err)
	}
	if err != nil {
		return err
	}
	answer := Sponsored{TxHash: result.Hash}
	if response, is := result.MsgResponses[0].(*seedingtypes.MsgSponsorNodeResponse); is {
		answer.Grant = response.Grant.String()
	}
	s.log.Info("node sponsored", "orb_id", request.OrbID, "operator", request.Operator, "grant", answer.Grant)
	return writeJSON(w, answer)
}

// addresses count what each network address has been given in an hour.
type addresses struct {
	mu    sync.Mutex
	since time.Time
	count map[netip.Prefix]int64
}

// take counts one for the peer of a connection. Those of the own network, where a proxy may stand before the gateway, are not counted.
func (a *addresses) take(remote string, limit int64, now time.Time) bool {
	peer, err := netip.ParseAddrPort(remote)
	if err != nil || peer.Addr().IsLoopback() || peer.Addr().IsPrivate() {
		return true
	}
	bits := 32
	if peer.Addr().Unmap().Is6() {
		bits = 64 // who has one address of these has all
	}
	prefix, err := peer.Addr().Unmap().Prefix(bits)
	if err != nil {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if now.Sub(a.since) > time.Hour || a.count == nil {
		a.since, a.count = now, make(map[netip.Prefix]int64)
	}
	if a.count[prefix] >= limit || len(a.count) >= maxRemembered {
		return false
	}
	a.count[prefix]++
	return true
}

package node

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	"github.com/cosmos/cosmos-sdk/types/query"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"

	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/node/gateway"
	"github.com/orbnetwork/orb/pkg/orbid"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

const (
	// leastOwn, in uorb, is with what an operator registers by itself: some messages' gas.
	leastOwn = 2_000
	// sponsorTimeout bounds asking one super node, which answers once the registration is in a block.
	sponsorTimeout = 30 * time.Second
)

// introduce has a super node register the node when it is not on chain and its operator owns nothing to do that with.
func introduce(ctx context.Context, c *chain.Client, kr keyring.Keyring, cfg Config, key ed25519.PrivateKey, addresses []string) error {
	id := orbid.FromKey(key.Public().(ed25519.PublicKey))
	_, err := c.Seeding().Node(ctx, &seedingtypes.QueryNodeRequest{OrbId: id})
	if err == nil {
		return nil
	}
	if status.Code(err) != codes.NotFound {
		return fmt.Errorf("asking the chain for node %s: %w", id, err)
	}
	operator, err := chain.Address(kr, cfg.Operator)
	if err != nil {
		return err
	}
	owned, err := c.Balance(ctx, operator.String(), functionstypes.Denom)
	if err != nil || owned.GTE(math.NewInt(leastOwn)) {
		return err
	}
	request := gateway.SponsorRequest{
		Operator: operator.String(), OrbID: id, Moniker: cfg.Moniker, Addresses: addresses,
		NodeSignature: ed25519.Sign(key, seedingtypes.RegistrationSignBytes(c.ChainID(), operator.String(), id)),
	}
	signature, public, err := kr.Sign(cfg.Operator, gateway.SponsorSignBytes(c.ChainID(), request.Operator, id), signing.SignMode_SIGN_MODE_DIRECT)
	if err != nil {
		return fmt.Errorf("signing for a sponsor: %w", err)
	}
	request.PubKey, request.Signature = public.Bytes(), signature
	answer, err := c.Functions().SuperNodes(ctx, &functionstypes.QuerySuperNodesRequest{Pagination: &query.PageRequest{Limit: maxSuperNodes}})
	if err != nil {
		return fmt.Errorf("asking the chain for super nodes: %w", err)
	}
	var refusals []error
	for _, i := range rand.Perm(len(answer.SuperNodes)) {
		super := answer.SuperNodes[i]
		sponsored, err := askSponsor(ctx, super.Endpoint, request)
		if err == nil {
			slog.Info("registered by a super node", "sponsor", super.Endpoint, "operator", request.Operator, "grant", sponsored.Grant)
			return nil
		}
		refusals = append(refusals, fmt.Errorf("%s: %w", super.Endpoint, err))
	}
	return fmt.Errorf("account %s owns nothing to register with and no super node sponsors it now: try again later, or send it %d%s: %w",
		request.Operator, leastOwn, functionstypes.Denom, errors.Join(refusals...))
}

func askSponsor(ctx context.Context, endpoint string, request gateway.SponsorRequest) (*gateway.Sponsored, error) {
	ctx, cancel := context.WithTimeout(ctx, sponsorTimeout)
	defer cancel()
	body, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(endpoint, "/")+"/v1/nodes", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	post.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(post)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", response.Status, bytes.TrimSpace(data))
	}
	var sponsored gateway.Sponsored
	return &sponsored, json.Unmarshal(data, &sponsored)
}

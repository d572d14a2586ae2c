package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	cmtjson "github.com/cometbft/cometbft/libs/json"
	"github.com/cometbft/cometbft/p2p"
	coretypes "github.com/cometbft/cometbft/rpc/core/types"
	"github.com/rogpeppe/go-internal/testscript"
	"google.golang.org/grpc"

	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/node/gateway"
	"github.com/orbnetwork/orb/pkg/wasm/wasmtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"orb": main})
}

// TestScripts runs the program as people do. Scripts find in their environment: NOBODY, an address where nothing listens; NODE and
// GRPC, a chain on which no account holds anything; GATEWAY, which is of that chain, and STRANGER, which is of another; and in their
// home the key alice and the filter echo.wasm.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			kr, err := chain.OpenKeyring(env.WorkDir, chain.KeyringTest, nil)
			if err != nil {
				return err
			}
			if _, _, err := kr.NewMnemonic("alice", keyring.English, sdk.GetConfig().GetFullBIP44Path(), "", hd.Secp256k1); err != nil {
				return err
			}
			nobody, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			if err := nobody.Close(); err != nil {
				return err
			}
			node, rpc, err := emptyChain(env)
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(env.WorkDir, "echo.wasm"), wasmtest.Echo("echo: "), 0o600); err != nil {
				return err
			}
			path := os.Getenv("PATH")
			ownPath, _, _ := strings.Cut(path, string(os.PathListSeparator))
			env.Vars = append(env.Vars, "PATH="+path, "SYSTEMPATH="+path, "ORBPATH="+ownPath, "HOME="+env.WorkDir, "ORBCHAIND_HOME="+env.WorkDir, "NOBODY="+nobody.Addr().String(),
				"NODE="+node, "GRPC="+rpc, "GATEWAY="+serve(env, gatewayOf("orb-test")), "STRANGER="+serve(env, gatewayOf("orb-other")))
			return nil
		},
	})
}

func serve(env *testscript.Env, handler http.Handler) string {
	server := httptest.NewServer(handler)
	env.Defer(server.Close)
	return server.URL
}

func gatewayOf(chainID string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/status" {
			w.WriteHeader(http.StatusPaymentRequired)
			_, _ = w.Write([]byte(`{"error":{"code":"payment_required","message":"nobody pays"}}` + "\n"))
			return
		}
		_ = json.NewEncoder(w).Encode(gateway.Status{ChainID: chainID, Attester: "orb1attester"})
	})
}

type emptyBank struct {
	banktypes.QueryServer
}

func (emptyBank) Balance(_ context.Context, q *banktypes.QueryBalanceRequest) (*banktypes.QueryBalanceResponse, error) {
	nothing := sdk.NewInt64Coin(q.Denom, 0)
	return &banktypes.QueryBalanceResponse{Balance: &nothing}, nil
}

// emptyChain answers what a command asks before it spends: which chain it is, and what accounts hold.
func emptyChain(env *testscript.Env) (node, rpc string, err error) {
	encoding, err := chain.NewEncoding()
	if err != nil {
		return "", "", err
	}
	server := grpc.NewServer(grpc.ForceServerCodec(encoding.Codec.GRPCCodec()))
	banktypes.RegisterQueryServer(server, emptyBank{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", "", err
	}
	go func() { _ = server.Serve(listener) }()
	env.Defer(server.Stop)

	status, err := cmtjson.Marshal(&coretypes.ResultStatus{NodeInfo: p2p.DefaultNodeInfo{Network: "orb-test"}})
	if err != nil {
		return "", "", err
	}
	node = serve(env, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var call struct {
			ID json.RawMessage `json:"id"`
		}
		_ = json.NewDecoder(r.Body).Decode(&call)
		_ = json.NewEncoder(w).Encode(map[string]any{"jsonrpc": "2.0", "id": call.ID, "result": json.RawMessage(status)})
	}))
	return node, listener.Addr().String(), nil
}

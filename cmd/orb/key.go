package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	"github.com/spf13/cobra"

	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/node/cli"
	"github.com/orbnetwork/orb/node/gateway"
	"github.com/orbnetwork/orb/node/wallet"
)

func keyCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "key", Short: "Make and end API keys of gateways"}
	cmd.AddCommand(keyCreateCommand(), keyDeleteCommand())
	return cmd
}

func keyCreateCommand() *cobra.Command {
	var w wallet.Wallet
	var endpoint cli.BaseURL
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Make an API key with which a gateway spends your subscriptions",
		Long: `Make an API key with which a gateway spends your subscriptions. Your account signs the request; the key is printed once. It is good for
the functions for which a subscription of yours names the gateway as its delegate (see: orb subscribe).`,
		Example: "  orb key create --from bob --gateway http://127.0.0.1:8080",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), 30*time.Second)
			defer cancel()
			status, err := gateway.FetchStatus(ctx, endpoint.String())
			if err != nil {
				return err
			}
			request, err := signKeyRequest(cmd, &w, status)
			if err != nil {
				return err
			}
			var made struct {
				Key string `json:"key"`
			}
			if err := askGateway(ctx, http.MethodPost, endpoint, request, nil, &made); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), made.Key)
			return nil
		},
	}
	w.Flags(cmd)
	gatewayFlag(cmd, &endpoint)
	return cmd
}

func signKeyRequest(cmd *cobra.Command, w *wallet.Wallet, status *gateway.Status) (*gateway.KeyRequest, error) {
	kr, err := w.Keyring(cmd)
	if err != nil {
		return nil, err
	}
	address, err := chain.Address(kr, w.From)
	if err != nil {
		return nil, err
	}
	request := &gateway.KeyRequest{Payer: address.String(), Timestamp: time.Now().Unix()}
	bytes := gateway.KeySignBytes(status.ChainID, status.Attester, request.Payer, request.Timestamp)
	signature, key, err := kr.Sign(w.From, bytes, signing.SignMode_SIGN_MODE_DIRECT)
	if err != nil {
		return nil, fmt.Errorf("signing the request: %w", err)
	}
	request.PubKey, request.Signature = key.Bytes(), signature
	return request, nil
}

func keyDeleteCommand() *cobra.Command {
	var endpoint cli.BaseURL
	cmd := &cobra.Command{
		Use:   "delete <key>",
		Short: "End an API key",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), 30*time.Second)
			defer cancel()
			return askGateway(ctx, http.MethodDelete, endpoint, nil, http.Header{"Authorization": {"Bearer " + args[0]}}, nil)
		},
	}
	gatewayFlag(cmd, &endpoint)
	return cmd
}

func gatewayFlag(cmd *cobra.Command, endpoint *cli.BaseURL) {
	*endpoint = "http://127.0.0.1:8080"
	cmd.Flags().Var(endpoint, "gateway", "base URL of the gateway")
}

// askGateway talks to /v1/keys; a refusal is an error with the gateway's own words.
func askGateway(ctx context.Context, method string, endpoint cli.BaseURL, body any, header http.Header, answer any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, endpoint.String()+"/v1/keys", bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("asking the gateway: %w", err)
	}
	if header != nil {
		request.Header = header
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("asking the gateway: %w", err)
	}
	defer response.Body.Close()
	data, err = io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err != nil {
		return fmt.Errorf("asking the gateway: %w", err)
	}
	if response.StatusCode >= 300 {
		return fmt.Errorf("the gateway answered %s: %s", response.Status, bytes.TrimSpace(data))
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(data, answer); err != nil {
		return fmt.Errorf("reading the gateway's answer: %w", err)
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/orbnetwork/orb/node"
	"github.com/orbnetwork/orb/node/cli"
	"github.com/orbnetwork/orb/node/gateway"
	"github.com/orbnetwork/orb/node/wallet"
)

func callCommand() *cobra.Command {
	var endpoint cli.BaseURL
	var key, method, data string
	var headers []string
	var direct bool
	var w wallet.Wallet
	cmd := &cobra.Command{
		Use:   "call <name or id>[/path]",
		Short: "Call a function, through a gateway or straight at its hosts",
		Long: `Call a function and print its response. Through a gateway, calls are paid by the API key's account, or by the function's owner where it
sponsors callers. With --direct no gateway is needed: this program opens lanes from your own subscription and talks to hosts itself.`,
		Example: "  echo '# hello' | orb call markdown --data @-\n  orb call markdown --direct --from bob --data @README.md",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), time.Minute)
			defer cancel()
			body := io.Reader(strings.NewReader(data))
			if path, is := strings.CutPrefix(data, "@"); is && path == "-" {
				body = cmd.InOrStdin()
			} else if is {
				file, err := os.Open(path)
				if err != nil {
					return fmt.Errorf("opening the request body: %w", err)
				}
				defer file.Close()
				body = file
			}
			if method == "" {
				method = http.MethodGet
				if data != "" {
					method = http.MethodPost
				}
			}
			request, err := http.NewRequestWithContext(ctx, method, endpoint.String()+"/f/"+args[0], body)
			if err != nil {
				return err
			}
			for _, header := range headers {
				name, value, found := strings.Cut(header, ":")
				if !found {
					return fmt.Errorf("header %q is not of the form Name: value", header)
				}
				request.Header.Add(name, strings.TrimSpace(value))
			}
			if direct {
				return callDirect(ctx, cmd, &w, request)
			}
			if key != "" {
				request.Header.Set("Authorization", "Bearer "+key)
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				return fmt.Errorf("calling: %w", err)
			}
			defer response.Body.Close()
			return printResponse(cmd, response)
		},
	}
	w.Flags(cmd)
	cmd.Flags().Lookup("from").Annotations = nil // only direct calls need an account
	gatewayFlag(cmd, &endpoint)
	flags := cmd.Flags()
	flags.StringVar(&key, "key", "", "API key")
	flags.StringVar(&method, "method", "", "HTTP method (default GET, with data POST)")
	flags.StringVar(&data, "data", "", "request body; @path reads a file, @- standard input")
	flags.StringArrayVar(&headers, "header", nil, "header as Name: value; may be repeated")
	flags.BoolVar(&direct, "direct", false, "call hosts without a gateway, paid by --from's own subscription")
	return cmd
}

func printResponse(cmd *cobra.Command, response *http.Response) error {
	if _, err := io.Copy(cmd.OutOrStdout(), response.Body); err != nil {
		return fmt.Errorf("reading the response: %w", err)
	}
	if response.StatusCode >= 400 {
		return fmt.Errorf("the answer is %s", response.Status)
	}
	return nil
}

// callDirect makes one call as a gateway would, from the caller's own subscription.
func callDirect(ctx context.Context, cmd *cobra.Command, w *wallet.Wallet, request *http.Request) (err error) {
	if w.From == "" {
		return errors.New("--direct needs --from, the account whose subscription pays")
	}
	c, sender, end, err := w.Connect(ctx, cmd)
	if err != nil {
		return err
	}
	defer end()
	caller, err := node.NewCaller(ctx, c, sender, w.Home)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, caller.Close()) }()
	response, err := gateway.CallDirect(ctx, caller, sender.Address(), request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return printResponse(cmd, response)
}

package devloop

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/orbnetwork/orb/node/cli"
	"github.com/orbnetwork/orb/node/deploy"
	"github.com/orbnetwork/orb/node/runtime"
	"github.com/orbnetwork/orb/pkg/receipt"
	"github.com/orbnetwork/orb/pkg/wasm"
)

// Commands returns the commands of the dev loop.
func Commands() []*cobra.Command {
	return []*cobra.Command{newCommand(), buildCommand(), runCommand(), testCommand(), benchCommand(), execCommand(), inspectCommand()}
}

// source is the folder or file that a command's only argument names; without one it is the folder where the command runs.
func source(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

// folder is where the tests of a source lie.
func folder(source string) string {
	if stat, err := os.Stat(source); err == nil && !stat.IsDir() {
		return filepath.Dir(source)
	}
	return source
}

func newCommand() *cobra.Command {
	template := cli.NewChoice(TemplateNames()...)
	cmd := &cobra.Command{
		Use:     "new <name>",
		Short:   "Begin a function in a folder of its own",
		Long:    "Begin a function in a folder of its own. Templates:\n\n" + templateTable(),
		Example: "  orb new hello && cd hello && orb run\n  orb new shout --template filter",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := New(args[0], template.Value); err != nil {
				return err
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s is ready. Next:\n\n  cd %s\n  orb run     # serve it here, again after every change\n  orb test    # hold it against tests/\n  orb build   # make the module that would be deployed\n",
				args[0], args[0])
			return err
		},
	}
	cmd.Flags().Var(template, "template", "what to begin with, see above")
	return cmd
}

func buildCommand() *cobra.Command {
	var out string
	var obfuscate bool
	cmd := &cobra.Command{
		Use:   "build [folder]",
		Short: "Make the module that a deploy would upload",
		Long: `Make the module that a deploy would upload: compiled, checked against the function contract, and without names, debug information and
producers. A Go main package needs nothing else; other languages say in ` + deploy.ManifestName + ` how they are built.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := filepath.Abs(source(args))
			if err != nil {
				return err
			}
			m, err := deploy.ReadManifest(path)
			if err != nil {
				return err
			}
			if err := m.ValidateLimits(); err != nil {
				return err
			}
			p, err := deploy.Build(cmd.Context(), path, m.Build, obfuscate)
			if err != nil {
				return err
			}
			if out == "" {
				out = filepath.Join(folder(path), deploy.BuildFolder, strings.TrimSuffix(filepath.Base(path), ".wasm")+".wasm")
			}
			if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(out, p.Bytes, 0o644); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n  size    %d bytes\n  cid     %s\n  sha256  %s\n", out, len(p.Bytes), p.Artifact.Cid, hex.EncodeToString(p.Artifact.Sha256))
			return err
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "file to write (default: build/<folder>.wasm in the folder)")
	cmd.Flags().BoolVar(&obfuscate, "obfuscate", false, "build a Go function with garble, which hides names and literals")
	return cmd
}

func runCommand() *cobra.Command {
	var manifest deploy.ManifestFlags
	var listen string
	cmd := &cobra.Command{
		Use:   "run [folder or .wasm file]",
		Short: "Serve a function on this machine, and build it anew when its source changes",
		Long: `Serve a function on this machine, and build it anew when its source changes. Requests, limits, responses and errors are as at a gateway; the
function is at the root instead of /f/<name>/. Every request is logged with its time, its fuel and how much of the limit that is.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := os.Stat(source(args)); err != nil {
				return err
			}
			listener, err := (&net.ListenConfig{}).Listen(cmd.Context(), "tcp", listen)
			if err != nil {
				return fmt.Errorf("%w; choose another address with --listen", err)
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "http://%s\n", listener.Addr())
			s := &Server{
				Source: source(args), Log: cmd.ErrOrStderr(),
				Read: func() (deploy.Manifest, error) { return manifest.Read(cmd, source(args)) },
			}
			return s.Serve(cmd.Context(), listener)
		},
	}
	manifest.Add(cmd)
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8090", "address to serve at")
	return cmd
}

func testCommand() *cobra.Command {
	var manifest deploy.ManifestFlags
	var update bool
	cmd := &cobra.Command{
		Use:   "test [folder]",
		Short: "Hold a function against its golden requests",
		Long: `Hold a function against its golden requests: for every tests/NAME.request the answer must be the bytes of tests/NAME.response, or the failure
named in tests/NAME.fault. Time and randomness come from the request, so that answers never change by themselves.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := manifest.Read(cmd, source(args))
			if err != nil {
				return err
			}
			return within(cmd.Context(), source(args), m, func(f *Function) error {
				return f.Golden(cmd.Context(), folder(source(args)), update, cmd.OutOrStdout())
			})
		},
	}
	manifest.Add(cmd)
	cmd.Flags().BoolVar(&update, "update", false, "write what the function answers instead of comparing it")
	return cmd
}

func benchCommand() *cobra.Command {
	var manifest deploy.ManifestFlags
	var each time.Duration
	output := cli.NewChoice("text", "json")
	cmd := &cobra.Command{
		Use:   "bench [folder]",
		Short: "Measure a function on its sample and golden requests",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if each <= 0 {
				return fmt.Errorf("--time %s is not positive", each)
			}
			m, err := manifest.Read(cmd, source(args))
			if err != nil {
				return err
			}
			return within(cmd.Context(), source(args), m, func(f *Function) error {
				figures, err := f.Bench(cmd.Context(), folder(source(args)), each)
				if err != nil {
					return err
				}
				if output.Value == "json" {
					return json.NewEncoder(cmd.OutOrStdout()).Encode(figures)
				}
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', tabwriter.AlignRight)
				fmt.Fprintln(w, "request\tp50 µs\tp99 µs\tper second and core\tfuel\tresponse bytes\t")
				for _, g := range figures {
					fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.0f\t%d\t%d\t\n", g.Request, g.P50, g.P99, g.PerSecond, g.Fuel, g.Bytes)
				}
				return w.Flush()
			})
		},
	}
	manifest.Add(cmd)
	cmd.Flags().DurationVar(&each, "time", 2*time.Second, "how long to measure each request")
	cmd.Flags().VarP(output, "output", "o", "text or json")
	return cmd
}

// Execution is what `orb exec --json` says of a request.
type Execution struct {
	// Code is "ok", or how the function failed, as callers see it; "timeout" and "internal" are this machine's own failures.
	Code      string `json:"code"`
	Message   string `json:"message,omitempty"`
	Fuel      uint64 `json:"fuel"`
	FuelLimit uint64 `json:"fuel_limit"`
	// Time in microseconds.
	Time          float64 `json:"time_us"`
	ResponseBytes int     `json:"response_bytes"`
	Log           string  `json:"log,omitempty"`
}

func execCommand() *cobra.Command {
	var manifest deploy.ManifestFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "exec <.wasm file or folder>",
		Short: "Run one request from standard input",
		Long: `Run one request from standard input under the limits of the network, and write the response to standard output: under the http contract whole
HTTP/1.1 messages, under filter plain bodies. Any module that keeps the contract will do. It fails where the function does.`,
		Example: "  echo hello | orb exec shout.wasm --contract filter\n  orb exec hello.wasm --json < sample.http",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := manifest.Read(cmd, args[0])
			if err != nil {
				return err
			}
			request, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), wasm.MaxRequestBytes+1))
			if err != nil {
				return fmt.Errorf("reading the request: %w", err)
			}
			if len(request) > wasm.MaxRequestBytes {
				return fmt.Errorf("the request has more than %d bytes", wasm.MaxRequestBytes)
			}
			return within(cmd.Context(), args[0], m, func(f *Function) error { return execute(cmd, f, request, asJSON) })
		},
	}
	manifest.Add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "write fuel, time and error code to standard error, as JSON")
	return cmd
}

func execute(cmd *cobra.Command, f *Function, request []byte, asJSON bool) error {
	outcome, err := f.Run(cmd.Context(), request)
	e := Execution{
		Code: "ok", Message: outcome.Message, Fuel: outcome.Fuel, FuelLimit: f.Limits.Fuel, ResponseBytes: len(outcome.Response),
		Time: float64(outcome.Duration.Nanoseconds()) / 1e3, Log: string(outcome.Log),
	}
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, runtime.ErrTimeout):
		e.Code, e.Message = "timeout", err.Error()
	case err != nil:
		e.Code, e.Message = "internal", err.Error()
	case outcome.Fault != receipt.FaultNone:
		e.Code = outcome.Fault.String()
	}
	if _, err := cmd.OutOrStdout().Write(outcome.Response); err != nil {
		return fmt.Errorf("writing the response: %w", err)
	}
	errs := cmd.ErrOrStderr()
	if asJSON {
		if err := json.NewEncoder(errs).Encode(e); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(errs, "%s%s  %d of %d fuel  %.0f µs  %d bytes\n", indent(outcome.Log), strings.TrimSuffix(e.Code+": "+e.Message, ": "),
			e.Fuel, e.FuelLimit, e.Time, e.ResponseBytes)
	}
	if e.Code != "ok" {
		return cli.ErrReported
	}
	return nil
}

func inspectCommand() *cobra.Command {
	var manifest deploy.ManifestFlags
	var price string
	terms := Terms{}
	output := cli.NewChoice("text", "json")
	cmd := &cobra.Command{
		Use:   "inspect <.wasm file or folder>",
		Short: "Look into a function: contract, imports, size, memory, complexity and what it costs",
		Long: `Look into a function: contract, imports, size by section, memory, complexity, who gets what of a request's price, and the cost of a deploy item
by item. Costs are by a chain's default params; a deploy quotes the chain's own before anything is signed.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := manifest.Read(cmd, args[0])
			if err != nil {
				return err
			}
			coin, err := cli.ParseCoin(price)
			if err != nil {
				return fmt.Errorf("--price: %w", err)
			}
			terms.Price = coin.Amount
			i, err := look(cmd.Context(), args[0], m, terms)
			if err != nil {
				return err
			}
			if output.Value == "json" {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(i)
			}
			return i.Text(cmd.OutOrStdout())
		},
	}
	manifest.Add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&price, "price", "50uorb", "price per request")
	flags.Uint32Var(&terms.OwnerShareBps, "owner-share", 3_000, "the owner's part of the price after the network fee, in basis points")
	flags.StringVar(&terms.Plan, "plan", "starter", "`name` of the plan of the deploy")
	flags.VarP(output, "output", "o", "text or json")
	return cmd
}

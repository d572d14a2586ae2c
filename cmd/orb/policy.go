package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/orbnetwork/orb/node"
	"github.com/orbnetwork/orb/node/chain"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// nodePolicyCommand shows or changes which functions a node takes.
func nodePolicyCommand() *cobra.Command {
	var (
		output  string
		changed node.Config
	)
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Show or change which functions the node takes",
		Long: `Show or change which functions the node takes. Flags change the config, and a running node takes them at once. What it seeds already it
seeds on; take single functions with "orb seed add" and "orb seed remove".`,
		Example: "  orb node policy --min-price 25 --max-functions 100\n  orb node policy --manual",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			home, err := homeFlag(cmd)
			if err != nil {
				return err
			}
			cfg, err := node.LoadConfig(home)
			if err != nil {
				return err
			}
			set := false
			for name, take := range map[string]func(){
				"manual":             func() { cfg.Manual = changed.Manual },
				"min-price":          func() { cfg.MinPrice = changed.MinPrice },
				"max-artifact-bytes": func() { cfg.MaxArtifactBytes = changed.MaxArtifactBytes },
				"max-bytes":          func() { cfg.MaxBytes = changed.MaxBytes },
				"max-functions":      func() { cfg.MaxFunctions = changed.MaxFunctions },
				"replicas":           func() { cfg.Replicas = changed.Replicas },
				"allow-owners":       func() { cfg.AllowOwners = changed.AllowOwners },
				"deny-owners":        func() { cfg.DenyOwners = changed.DenyOwners },
			} {
				if cmd.Flags().Changed(name) {
					take()
					set = true
				}
			}
			if set {
				if err := apply(cmd, home, cfg); err != nil {
					return err
				}
			}
			return printPolicy(cmd.OutOrStdout(), cfg, output)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&changed.Manual, "manual", false, "take only functions that are added by hand")
	flags.Uint64Var(&changed.MinPrice, "min-price", 0, "least price in uorb per million fuel of complexity")
	flags.Uint64Var(&changed.MaxArtifactBytes, "max-artifact-bytes", 0, "largest artifact; 0 is no bound")
	flags.Uint64Var(&changed.MaxBytes, "max-bytes", 0, "room for all artifacts; 0 is no bound")
	flags.IntVar(&changed.MaxFunctions, "max-functions", 0, "most functions; 0 is no bound")
	flags.IntVar(&changed.Replicas, "replicas", 0, "hosts that a function may have that the node still takes it unasked; 0 is no bound")
	flags.StringSliceVar(&changed.AllowOwners, "allow-owners", nil, "accounts whose functions are taken; empty for all")
	flags.StringSliceVar(&changed.DenyOwners, "deny-owners", nil, "accounts whose functions are not taken")
	flags.StringVarP(&output, "output", "o", "text", "text or json")
	return cmd
}

// apply stores a config and has the running node, if there is one, take its policy.
func apply(cmd *cobra.Command, home string, cfg node.Config) error {
	if err := node.SaveConfig(home, cfg); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), statusTimeout)
	defer cancel()
	if err := node.Reload(ctx, cfg); err != nil {
		fmt.Fprintln(cmd.ErrOrStderr(), "stored for the node's next start:", err)
	}
	return nil
}

func printPolicy(out io.Writer, cfg node.Config, output string) error {
	rows := []struct {
		Name  string
		Value any
	}{
		{"manual", cfg.Manual},
		{"min_price", cfg.MinPrice},
		{"max_artifact_bytes", cfg.MaxArtifactBytes},
		{"max_bytes", cfg.MaxBytes},
		{"max_functions", cfg.MaxFunctions},
		{"replicas", cfg.Replicas},
		{"mirror_for", cfg.MirrorFor},
		{"allow_owners", cfg.AllowOwners},
		{"deny_owners", cfg.DenyOwners},
		{"seeds", cfg.Seeds},
		{"no_seeds", cfg.NoSeeds},
	}
	switch output {
	case "json":
		byName := make(map[string]any, len(rows))
		for _, row := range rows {
			byName[row.Name] = row.Value
		}
		return json.NewEncoder(out).Encode(byName)
	case "text":
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, row := range rows {
			value := fmt.Sprint(row.Value)
			if list, is := row.Value.([]string); is {
				value = strings.Join(list, ", ")
			}
			fmt.Fprintf(w, "%s\t%s\n", row.Name, value)
		}
		return w.Flush()
	}
	return fmt.Errorf("--output %q is neither text nor json", output)
}

func seedCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "seed",
		Short: "Add or remove single functions on the node",
	}
	cmd.PersistentFlags().String("home", defaultNodeHome(), "folder with the node's config, keys and data")
	cmd.AddCommand(
		seedChangeCommand("add", "Take a function whatever it pays", func(cfg *node.Config, id string) {
			cfg.NoSeeds = without(cfg.NoSeeds, id)
			cfg.Seeds = append(without(cfg.Seeds, id), id)
		}),
		seedChangeCommand("remove", "Stop serving a function, and do not take it again", func(cfg *node.Config, id string) {
			cfg.Seeds = without(cfg.Seeds, id)
			cfg.NoSeeds = append(without(cfg.NoSeeds, id), id)
		}),
	)
	return cmd
}

func seedChangeCommand(use, short string, change func(*node.Config, string)) *cobra.Command {
	return &cobra.Command{
		Use:     use + " <name or id>",
		Short:   short,
		Example: "  orb seed " + use + " markdown",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			home, err := homeFlag(cmd)
			if err != nil {
				return err
			}
			cfg, err := node.LoadConfig(home)
			if err != nil {
				return err
			}
			id, err := functionID(cmd.Context(), cfg, args[0])
			if err != nil {
				return err
			}
			change(&cfg, id)
			if err := apply(cmd, home, cfg); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), id)
			return nil
		},
	}
}

// functionID asks the chain for the id of a name; an id stands for itself.
func functionID(ctx context.Context, cfg node.Config, nameOrID string) (string, error) {
	if _, err := functionstypes.ParseFunctionID(nameOrID); err == nil {
		return nameOrID, nil
	}
	c, err := chain.Dial(ctx, chain.Config{RPC: cfg.RPC, GRPC: cfg.GRPC})
	if err != nil {
		return "", err
	}
	defer c.Close()
	answer, err := c.Functions().Function(ctx, &functionstypes.QueryFunctionRequest{Function: nameOrID})
	if err != nil {
		return "", fmt.Errorf("asking the chain for function %s: %w", nameOrID, err)
	}
	return answer.Function.Id, nil
}

func without(list []string, id string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(one string) bool { return one == id })
}

func nodeBackupCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "backup <file>",
		Short:   "Write a stopped node's keys, config and receipts to a file",
		Long:    "Write a stopped node's keys, config and receipts to a file. Whoever has the file is the node: keep it as you would keep the keys.",
		Example: "  orb node backup ./node.tar.gz",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			home, err := homeFlag(cmd)
			if err != nil {
				return err
			}
			file, err := os.OpenFile(args[0], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				return err
			}
			if err := node.Backup(home, file); err != nil {
				file.Close()
				os.Remove(args[0])
				return err
			}
			if err := file.Sync(); err != nil {
				return err
			}
			return file.Close()
		},
	}
}

func nodeRestoreCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "restore <file>",
		Short:   "Make this machine the node of a backup, with its identity and receipts",
		Example: "  orb node restore ./node.tar.gz",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			home, err := homeFlag(cmd)
			if err != nil {
				return err
			}
			file, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer file.Close()
			if err := node.Restore(home, file); err != nil {
				return err
			}
			id, err := node.ID(home)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), id)
			return nil
		},
	}
}

package deploy

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/orbnetwork/orb/node/client"
	"github.com/orbnetwork/orb/node/wallet"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// NewRotateKeyCommand returns `rotate-key`, which is `orb rotate-key` and `orbchaind tx functions rotate-key`.
func NewRotateKeyCommand() *cobra.Command {
	var w wallet.Wallet
	cmd := &cobra.Command{
		Use:   "rotate-key <name or id>",
		Short: "Replace the key that signs your function's versions",
		Long: `Replace the key that signs your function's versions: when it was lost or seen by others, or when the function was yours to take over.
The new key is made in the home, and takes the place of functions/<name>.key once the chain knows it.`,
		Example: "  rotate-key markdown --from alice",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, sender, end, err := w.Connect(cmd.Context(), cmd)
			if err != nil {
				return err
			}
			defer end()
			path, err := RotateKey(cmd.Context(), c, sender, args[0], filepath.Join(w.Home, "functions"))
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "versions are signed by the new key in "+path)
			return err
		},
	}
	w.Flags(cmd)
	return cmd
}

// RotateKey makes a new key for a function and has the chain take it. The key is on disk before the chain hears of it, and a rotation
// that was interrupted is finished by the next. It returns the key's path.
func RotateKey(ctx context.Context, c Chain, sender Sender, function, dir string) (string, error) {
	answer, err := c.Functions().Function(ctx, &functionstypes.QueryFunctionRequest{Function: function})
	if err != nil {
		return "", fmt.Errorf("asking the chain for %s: %w", function, err)
	}
	fn := answer.Function
	name := fn.Name
	if name == "" {
		name = fn.Id
	}
	path := filepath.Join(dir, name+".key")
	key, err := client.LoadKey(path + ".next")
	if err != nil {
		return "", err
	}
	public := key.Public().(ed25519.PublicKey)
	if !bytes.Equal(fn.SigningKey, public) {
		msg := &functionstypes.MsgRotateKey{Owner: sender.Address(), FunctionId: fn.Id, SigningKey: public}
		msg.Signature = ed25519.Sign(key, functionstypes.RotationSignBytes(c.ChainID(), msg.Owner, fn.Id, public))
		if _, err := sender.Send(ctx, msg); err != nil {
			return "", fmt.Errorf("rotating the key of %s: %w", function, err)
		}
	}
	if err := os.Rename(path+".next", path); err != nil {
		return "", fmt.Errorf("storing key: %w", err)
	}
	return path, nil
}

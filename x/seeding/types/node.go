package types

import (
	"encoding/binary"
	"strings"

	"github.com/hdevalence/ed25519consensus"

	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/pkg/orbid"
)

const (
	maxMonikerBytes = 70
	maxAddresses    = 16
	maxAddressBytes = 256

	registrationLabel = "orb/registration/v1"
)

// Validate checks the fields of a node on their own.
func (n Node) Validate() error {
	if _, err := orbid.Key(n.OrbId); err != nil {
		return errors.Wrapf(ErrInvalidNode, "orb id: %s", err)
	}
	if _, err := sdk.AccAddressFromBech32(n.Operator); err != nil {
		return errors.Wrapf(ErrInvalidNode, "operator: %s", err)
	}
	if len(n.Moniker) > maxMonikerBytes {
		return errors.Wrapf(ErrInvalidNode, "moniker has %d bytes, at most %d are allowed", len(n.Moniker), maxMonikerBytes)
	}
	if len(n.Addresses) > maxAddresses {
		return errors.Wrapf(ErrInvalidNode, "%d addresses, at most %d are allowed", len(n.Addresses), maxAddresses)
	}
	for _, address := range n.Addresses {
		if !strings.HasPrefix(address, "/") || len(address) > maxAddressBytes {
			return errors.Wrapf(ErrInvalidNode, "address %q is not a multiaddr of at most %d bytes", address, maxAddressBytes)
		}
	}
	if err := n.validateBond(); err != nil {
		return err
	}
	return n.validateProven()
}

// NewNode returns a node that has nothing but a name.
func NewNode(orbID, operator, moniker string, addresses []string, epoch uint64) Node {
	return Node{OrbId: orbID, Operator: operator, Moniker: moniker, Addresses: addresses, Bond: math.ZeroInt(), Seen: epoch}
}

// RegistrationSignBytes is what a node key signs to bind itself to an operator: label, chain id, operator and Orb ID, each behind its
// length as a big-endian uint32.
func RegistrationSignBytes(chainID, operator, orbID string) []byte {
	var b []byte
	for _, field := range []string{registrationLabel, chainID, operator, orbID} {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(field))), field...)
	}
	return b
}

// Agreed checks that the node's key has agreed to its operator.
func (n Node) Agreed(chainID string, signature []byte) error {
	key, err := orbid.Key(n.OrbId)
	if err != nil {
		return errors.Wrapf(ErrInvalidNode, "orb id: %s", err)
	}
	if !ed25519consensus.Verify(key, RegistrationSignBytes(chainID, n.Operator, n.OrbId), signature) {
		return errors.Wrapf(ErrInvalidSignature, "node %s has not agreed to operator %s on %s", n.OrbId, n.Operator, chainID)
	}
	return nil
}

package types

import (
	"regexp"
	"strings"

	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/pkg/orbid"
)

const (
	maxEndpointBytes = 256
	maxAddresses     = 16
	maxAddressBytes  = 256
)

// A pattern and not net/url: what that package accepts changes with the toolchain, and consensus must not.
var endpointURL = regexp.MustCompile(`^https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*)?$`)

// SuperNode is what the message registers.
func (m *MsgRegisterSuperNode) SuperNode() (SuperNode, error) {
	operator, err := sdk.AccAddressFromBech32(m.Operator)
	if err != nil {
		return SuperNode{}, errors.Wrapf(ErrInvalidSuperNode, "operator: %s", err)
	}
	return SuperNode{
		Validator: sdk.ValAddress(operator).String(),
		Attester:  m.Attester,
		OrbId:     m.OrbId,
		Endpoint:  m.Endpoint,
		Addresses: m.Addresses,
	}, nil
}

// Apply returns a super node with the message's non-empty fields in place of its own.
func (m *MsgUpdateSuperNode) Apply(node SuperNode) SuperNode {
	if m.Attester != "" {
		node.Attester = m.Attester
	}
	if m.OrbId != "" {
		node.OrbId = m.OrbId
	}
	if m.Endpoint != "" {
		node.Endpoint = m.Endpoint
	}
	if len(m.Addresses) > 0 {
		node.Addresses = m.Addresses
	}
	return node
}

// Validate checks the fields of a super node on their own.
func (s SuperNode) Validate() error {
	if _, err := sdk.ValAddressFromBech32(s.Validator); err != nil {
		return errors.Wrapf(ErrInvalidSuperNode, "validator: %s", err)
	}
	if _, err := sdk.AccAddressFromBech32(s.Attester); err != nil {
		return errors.Wrapf(ErrInvalidSuperNode, "attester: %s", err)
	}
	if _, err := orbid.Key(s.OrbId); err != nil {
		return errors.Wrapf(ErrInvalidSuperNode, "orb id: %s", err)
	}
	if len(s.Endpoint) > maxEndpointBytes {
		return errors.Wrapf(ErrInvalidSuperNode, "endpoint has %d bytes, at most %d are allowed", len(s.Endpoint), maxEndpointBytes)
	}
	if !endpointURL.MatchString(s.Endpoint) {
		return errors.Wrapf(ErrInvalidSuperNode, "endpoint %q is not an http or https URL of a host, with no query", s.Endpoint)
	}
	if len(s.Addresses) > maxAddresses {
		return errors.Wrapf(ErrInvalidSuperNode, "%d addresses, at most %d are allowed", len(s.Addresses), maxAddresses)
	}
	for _, address := range s.Addresses {
		if !strings.HasPrefix(address, "/") || len(address) > maxAddressBytes {
			return errors.Wrapf(ErrInvalidSuperNode, "address %q is not a multiaddr of at most %d bytes", address, maxAddressBytes)
		}
	}
	return nil
}

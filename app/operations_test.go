package app_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/testutil/fixture"
)

// operations notes the messages that simulations are made of.
type operations map[string]bool

func (o operations) Add(_ uint32, factory simsx.SimMsgFactoryX) {
	o[sdk.MsgTypeURL(factory.MsgType())] = true
}

// Get is the weight that nobody has changed.
func (operations) Get(_ string, weight uint32) uint32 { return weight }

// TestEveryOperation: simulations send every message of Orb's modules, or propose it.
func TestEveryOperation(t *testing.T) {
	c := fixture.New(t, 1)
	found := make(operations)
	for _, m := range c.App.SimulationManager().Modules {
		if m, ok := m.(interface {
			WeightedOperationsX(weights simsx.WeightSource, registry simsx.Registry)
		}); ok {
			m.WeightedOperationsX(found, found)
		}
		if m, ok := m.(interface {
			ProposalMsgsX(weights simsx.WeightSource, registry simsx.Registry)
		}); ok {
			m.ProposalMsgsX(found, found)
		}
	}
	for _, url := range c.App.InterfaceRegistry().ListImplementations(sdk.MsgInterfaceProtoName) {
		if strings.HasPrefix(url, "/orb.") {
			require.True(t, found[url], url)
		}
	}
}

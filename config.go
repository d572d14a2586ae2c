// Package orb holds what the programs carry of the repository itself.
package orb

import _ "embed"

// ConfigYAML is config.yml: the accounts and genesis of a development network, in Ignite's format.
//
//go:embed config.yml
var ConfigYAML []byte

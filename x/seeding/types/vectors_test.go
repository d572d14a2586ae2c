package types_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// vectors are what another implementation needs to check itself; all bytes are in hex.
type vectors struct {
	Registration struct {
		ChainID   string `json:"chain_id"`
		Operator  string `json:"operator"`
		OrbID     string `json:"orb_id"`
		SignBytes string `json:"sign_bytes"`
	} `json:"registration"`
	Beacons []struct {
		Previous string `json:"previous"`
		AppHash  string `json:"app_hash"`
		Height   int64  `json:"height"`
		Value    string `json:"value"`
	} `json:"beacons"`
	Draw struct {
		Beacon string `json:"beacon"`
		OrbID  string `json:"orb_id"`
		Point  string `json:"point"`
	} `json:"draw"`
}

func bytesOf(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	require.NoError(t, err)
	return b
}

func TestVectors(t *testing.T) {
	file, err := os.ReadFile("testdata/vectors.json")
	require.NoError(t, err)
	var v vectors
	require.NoError(t, json.Unmarshal(file, &v))

	r := v.Registration
	require.Equal(t, r.SignBytes, hex.EncodeToString(types.RegistrationSignBytes(r.ChainID, r.Operator, r.OrbID)))
	require.NotEmpty(t, v.Beacons)
	for _, b := range v.Beacons {
		require.Equal(t, b.Value, hex.EncodeToString(types.NextBeacon(bytesOf(t, b.Previous), bytesOf(t, b.AppHash), b.Height)))
	}
	require.Equal(t, v.Draw.Point, types.DrawPoint(bytesOf(t, v.Draw.Beacon), v.Draw.OrbID))
}

package types_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/x/rewards/types"
)

// TestVectors: ids of lanes are those of another implementation. Bytes are in hex.
func TestVectors(t *testing.T) {
	file, err := os.ReadFile("testdata/vectors.json")
	require.NoError(t, err)
	var vectors struct {
		Lanes []struct {
			Payer      string `json:"payer"`
			FunctionID string `json:"function_id"`
			OrbID      string `json:"orb_id"`
			SessionKey string `json:"session_key"`
			Nonce      uint64 `json:"nonce,string"`
			LaneID     string `json:"lane_id"`
		} `json:"lanes"`
	}
	require.NoError(t, json.Unmarshal(file, &vectors))
	require.NotEmpty(t, vectors.Lanes)
	for _, v := range vectors.Lanes {
		key, err := hex.DecodeString(v.SessionKey)
		require.NoError(t, err)
		require.Equal(t, v.LaneID, hex.EncodeToString(types.LaneID(v.Payer, v.FunctionID, v.OrbID, key, v.Nonce)))
	}
}

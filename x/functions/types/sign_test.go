package types_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/pkg/receipt"
	"github.com/orbnetwork/orb/x/functions/types"
)

// vectors are what another implementation needs to check itself; all bytes are in hex.
type vectors struct {
	Version struct {
		ChainID     string `json:"chain_id"`
		Owner       string `json:"owner"`
		Name        string `json:"name"`
		FunctionID  string `json:"function_id"`
		Number      uint64 `json:"number"`
		CID         string `json:"cid"`
		SHA256      string `json:"sha256"`
		MerkleRoot  string `json:"merkle_root"`
		Size        uint64 `json:"size"`
		SourceHash  string `json:"source_hash"`
		Request     string `json:"request"`
		Complexity  uint64 `json:"complexity"`
		FuelLimit   uint64 `json:"fuel_limit"`
		MemoryLimit uint64 `json:"memory_limit"`
		Contract    int32  `json:"contract"`
		SignBytes   string `json:"sign_bytes"`
	} `json:"version"`
	Attestation struct {
		ChainID      string `json:"chain_id"`
		ClaimID      string `json:"claim_id"`
		Validator    string `json:"validator"`
		Verdict      int32  `json:"verdict"`
		ResponseHash string `json:"response_hash"`
		Fuel         uint64 `json:"fuel"`
		Salt         string `json:"salt"`
		Commitment   string `json:"commitment"`
	} `json:"attestation"`
	Function struct {
		SigningKey string `json:"signing_key"`
		ID         string `json:"id"`
	} `json:"function"`
	Rotation struct {
		ChainID    string `json:"chain_id"`
		Owner      string `json:"owner"`
		FunctionID string `json:"function_id"`
		SigningKey string `json:"signing_key"`
		SignBytes  string `json:"sign_bytes"`
	} `json:"rotation"`
	Dispute struct {
		FunctionID   string `json:"function_id"`
		Version      uint64 `json:"version"`
		OrbID        string `json:"orb_id"`
		RequestHash  string `json:"request_hash"`
		ResponseHash string `json:"response_hash"`
		Fuel         uint64 `json:"fuel"`
		Outcome      uint32 `json:"outcome"`
		ClaimID      string `json:"claim_id"`
		Response     string `json:"response"`
		Witness      string `json:"witness"`
	} `json:"dispute"`
	Draw struct {
		AppHash    string           `json:"app_hash"`
		ClaimID    string           `json:"claim_id"`
		Seed       string           `json:"seed"`
		Candidates []types.Elector  `json:"candidates"`
		Drawn      map[int][]string `json:"drawn"`
	} `json:"draw"`
}

func readVectors(t *testing.T) vectors {
	t.Helper()
	data, err := os.ReadFile("testdata/vectors.json")
	require.NoError(t, err)
	var v vectors
	require.NoError(t, json.Unmarshal(data, &v))
	return v
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	data, err := hex.DecodeString(s)
	require.NoError(t, err)
	return data
}

func vectorVersion(t *testing.T) (vectors, *types.Version) {
	t.Helper()
	v := readVectors(t)
	return v, &types.Version{
		FunctionId: v.Version.FunctionID,
		Number:     v.Version.Number,
		Artifact: types.Artifact{
			Cid: v.Version.CID, Sha256: unhex(t, v.Version.SHA256), MerkleRoot: unhex(t, v.Version.MerkleRoot), Size_: v.Version.Size,
		},
		SourceHash:  unhex(t, v.Version.SourceHash),
		Sample:      types.Sample{Request: unhex(t, v.Version.Request)},
		Complexity:  v.Version.Complexity,
		FuelLimit:   v.Version.FuelLimit,
		MemoryLimit: v.Version.MemoryLimit,
		Contract:    types.Contract(v.Version.Contract),
	}
}

func TestVectors(t *testing.T) {
	v, version := vectorVersion(t)
	require.Equal(t, v.Version.SignBytes, hex.EncodeToString(types.VersionSignBytes(v.Version.ChainID, v.Version.Owner, v.Version.Name, version)))
	a := v.Attestation
	claimID := types.ClaimID(types.CLAIM_KIND_VERSION, v.Version.FunctionID, v.Version.Number)
	require.Equal(t, a.ClaimID, hex.EncodeToString(claimID))
	require.Equal(t, a.Commitment, hex.EncodeToString(types.AttestationCommitment(
		a.ChainID, claimID, a.Validator, types.Verdict(a.Verdict), unhex(t, a.ResponseHash), a.Fuel, unhex(t, a.Salt))))
	require.Equal(t, v.Function.ID, types.FunctionID(unhex(t, v.Function.SigningKey)))

	r := v.Rotation
	require.Equal(t, r.SignBytes, hex.EncodeToString(types.RotationSignBytes(r.ChainID, r.Owner, r.FunctionID, unhex(t, r.SigningKey))))
	d := v.Dispute
	disputeID := types.DisputeID(d.FunctionID, d.Version, d.OrbID, receipt.Result{
		RequestHash: unhex(t, d.RequestHash), ResponseHash: unhex(t, d.ResponseHash), Fuel: d.Fuel, Outcome: d.Outcome,
	})
	require.Equal(t, d.ClaimID, hex.EncodeToString(disputeID))
	require.Equal(t, d.Witness, hex.EncodeToString(types.DisputeWitness(disputeID, unhex(t, d.Response))))
	seed := types.DrawSeed(unhex(t, v.Draw.AppHash), unhex(t, v.Draw.ClaimID))
	require.Equal(t, v.Draw.Seed, hex.EncodeToString(seed))
	for limit, want := range v.Draw.Drawn {
		require.Equal(t, want, names(types.Draw(v.Draw.Candidates, limit, seed)))
	}
}

func names(electors []types.Elector) []string {
	var names []string
	for _, elector := range electors {
		names = append(names, elector.Validator)
	}
	return names
}

func TestVersionSignBytesCoverEveryField(t *testing.T) {
	v, version := vectorVersion(t)
	sign := func(chainID, owner, name string, version types.Version) []byte {
		return types.VersionSignBytes(chainID, owner, name, &version)
	}
	original := sign(v.Version.ChainID, v.Version.Owner, v.Version.Name, *version)
	seen := [][]byte{original}
	for name, change := range map[string]func(*types.Version){
		"function id": func(v *types.Version) { v.FunctionId += "x" },
		"number":      func(v *types.Version) { v.Number++ },
		"cid":         func(v *types.Version) { v.Artifact.Cid += "x" },
		"sha256":      func(v *types.Version) { v.Artifact.Sha256 = make([]byte, 32) },
		"merkle root": func(v *types.Version) { v.Artifact.MerkleRoot = make([]byte, 32) },
		"size":        func(v *types.Version) { v.Artifact.Size_++ },
		"source hash": func(v *types.Version) { v.SourceHash = nil },
		"request":     func(v *types.Version) { v.Sample.Request = nil },
		"complexity":  func(v *types.Version) { v.Complexity++ },
		"fuel limit":  func(v *types.Version) { v.FuelLimit++ },
		"memory":      func(v *types.Version) { v.MemoryLimit++ },
		"contract":    func(v *types.Version) { v.Contract++ },
	} {
		changed := *version
		change(&changed)
		signed := sign(v.Version.ChainID, v.Version.Owner, v.Version.Name, changed)
		for _, other := range seen {
			require.False(t, bytes.Equal(other, signed), name)
		}
		seen = append(seen, signed)
	}
	require.NotEqual(t, original, sign("other", v.Version.Owner, v.Version.Name, *version))
	require.NotEqual(t, original, sign(v.Version.ChainID, v.Version.Owner+v.Version.Name, "", *version))

	after := *version
	after.Status, after.Signature, after.Reason = types.VERSION_STATUS_ACTIVE, []byte("signature"), types.VERDICT_VALID
	require.Equal(t, original, sign(v.Version.ChainID, v.Version.Owner, v.Version.Name, after), "what the chain adds is not signed")
}

func TestParseFunctionID(t *testing.T) {
	id := types.FunctionID([]byte("key"))
	address, err := types.ParseFunctionID(id)
	require.NoError(t, err)
	require.Len(t, address, types.AddressSize)
	for _, wrong := range []string{"", "orbfn1", id + "q", id[:len(id)-1], "orb" + id, "ORBFN" + id[5:], string(bytes.ToUpper([]byte(id)))} {
		_, err := types.ParseFunctionID(wrong)
		require.ErrorIs(t, err, types.ErrInvalidID, wrong)
	}
}

package app

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/gorilla/mux"
	"github.com/stretchr/testify/require"
)

func TestOpenAPI(t *testing.T) {
	router := mux.NewRouter()
	require.NoError(t, registerOpenAPI(router, true))
	get := func(path string) *httptest.ResponseRecorder {
		answer := httptest.NewRecorder()
		router.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
		require.Equal(t, http.StatusOK, answer.Code, path)
		return answer
	}
	require.Contains(t, get("/swagger/").Body.String(), "swagger-ui")
	require.Equal(t, get("/openapi.json").Body.String(), get("/swagger/swagger.yaml").Body.String())

	body := get("/openapi.json").Body.Bytes()
	var document struct {
		Paths       map[string]map[string]struct{ OperationID string } `json:"paths"`
		Definitions map[string]any                                     `json:"definitions"`
	}
	require.NoError(t, json.Unmarshal(body, &document))
	for _, path := range []string{
		"/orb/functions/v1/functions/{function}", "/orb/seeding/v1/params", "/orb/rewards/v1/params", "/cosmos/bank/v1beta1/balances/{address}",
	} {
		require.Contains(t, document.Paths, path)
	}
	seen := make(map[string]string)
	for path, methods := range document.Paths {
		if !strings.HasPrefix(path, "/orb/") {
			continue
		}
		for _, operation := range methods {
			require.Empty(t, seen[operation.OperationID], "%s and %s are both %s", path, seen[operation.OperationID], operation.OperationID)
			seen[operation.OperationID] = path
		}
	}
	for _, reference := range regexp.MustCompile(`"#/definitions/([^"]+)"`).FindAllSubmatch(body, -1) {
		require.Contains(t, document.Definitions, string(reference[1]))
	}
}

package app

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"sync"

	"github.com/gorilla/mux"
	"sigs.k8s.io/yaml"

	"github.com/cosmos/cosmos-sdk/client/docs"
	"github.com/cosmos/cosmos-sdk/version"
)

// ownAPI describes the REST routes of Orb's modules. It is generated from their protos.
//
//go:embed openapi.json
var ownAPI []byte

// openAPI returns the description of all REST routes, Orb's and the SDK's, in OpenAPI 2. It takes a moment, so it is made when somebody
// asks.
var openAPI = sync.OnceValues(func() ([]byte, error) {
	sdkYAML, err := fs.ReadFile(docs.SwaggerUI, "swagger-ui/swagger.yaml")
	if err != nil {
		return nil, fmt.Errorf("reading the SDK's OpenAPI: %w", err)
	}
	var all, own apiDocument
	if err := yaml.Unmarshal(sdkYAML, &all); err != nil {
		return nil, fmt.Errorf("parsing the SDK's OpenAPI: %w", err)
	}
	if err := json.Unmarshal(ownAPI, &own); err != nil {
		return nil, fmt.Errorf("parsing Orb's OpenAPI: %w", err)
	}
	for _, methods := range own.Paths {
		for _, operation := range methods {
			service := operation["tags"].([]any)[0].(string) // the generator names it
			operation["operationId"] = fmt.Sprintf("%s.%s", service, operation["operationId"])
		}
	}
	maps.Copy(all.Paths, own.Paths)
	maps.Copy(all.Definitions, own.Definitions)
	all.Info = map[string]string{
		"title":       "Orb",
		"description": "REST queries of an Orb chain. Transactions go to /cosmos/tx/v1beta1/txs.",
		"version":     cmp.Or(version.Version, "development"),
	}
	all.Consumes, all.Produces = own.Consumes, own.Produces
	return json.Marshal(all)
})

// apiDocument is what OpenAPI 2 documents hold that is merged. Paths go by path and method.
type apiDocument struct {
	Swagger     string                               `json:"swagger"`
	Info        map[string]string                    `json:"info"`
	Consumes    []string                             `json:"consumes"`
	Produces    []string                             `json:"produces"`
	Paths       map[string]map[string]map[string]any `json:"paths"`
	Definitions map[string]json.RawMessage           `json:"definitions"`
}

// registerOpenAPI serves the description at /openapi.json, and where the UI is enabled that UI at /swagger/.
func registerOpenAPI(router *mux.Router, ui bool) error {
	serve := func(w http.ResponseWriter, _ *http.Request) {
		body, err := openAPI()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body) // the asker has gone
	}
	router.HandleFunc("/openapi.json", serve).Methods(http.MethodGet)
	if !ui {
		return nil
	}
	files, err := fs.Sub(docs.SwaggerUI, "swagger-ui")
	if err != nil {
		return err
	}
	router.HandleFunc("/swagger/swagger.yaml", serve).Methods(http.MethodGet) // JSON is YAML, and the UI asks for this name
	router.PathPrefix("/swagger/").Handler(http.StripPrefix("/swagger/", http.FileServerFS(files)))
	return nil
}

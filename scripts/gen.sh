#!/usr/bin/env bash
# Generates the Go code of proto/ in place. Needs protoc; the plugins are built at the versions pinned in go.mod.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v protoc >/dev/null || { echo "gen: protoc is missing; on Debian: apt-get install protobuf-compiler" >&2; exit 1; }

bin=build/tools
mkdir -p "$bin"
go build -o "$bin/" github.com/cosmos/gogoproto/protoc-gen-gocosmos github.com/grpc-ecosystem/grpc-gateway/protoc-gen-grpc-gateway \
  github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-openapiv2

dir() { go list -m -f '{{.Dir}}' "$1"; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

include=(-I proto
  -I "$(dir github.com/cosmos/cosmos-sdk)/proto"
  -I "$(dir github.com/cosmos/gogoproto)"
  -I "$(dir github.com/cosmos/gogoproto)/protobuf"
  -I "$(dir github.com/cosmos/cosmos-proto)/proto"
  -I "$(dir github.com/grpc-ecosystem/grpc-gateway)/third_party/googleapis")
for pkg in proto/orb/*/v1; do
  PATH="$PWD/$bin:$PATH" protoc "${include[@]}" \
    --gocosmos_out="plugins=grpc,Mgoogle/protobuf/any.proto=github.com/cosmos/gogoproto/types/any:$out" \
    --grpc-gateway_out="logtostderr=true,allow_colon_final_segments=true:$out" \
    "$pkg"/*.proto
done

PATH="$PWD/$bin:$PATH" protoc "${include[@]}" \
  --openapiv2_out="allow_merge=true,merge_file_name=orb,generate_unbound_methods=false,simple_operation_ids=true,openapi_naming_strategy=fqn,include_package_in_tags=true,json_names_for_fields=false:$out" \
  proto/orb/{functions,seeding,rewards}/v1/query.proto
mv "$out/orb.swagger.json" app/openapi.json

find x pkg -name '*.pb.go' -delete -o -name '*.pb.gw.go' -delete
cp -r "$out/github.com/orbnetwork/orb/." .
gofmt -w $(find x pkg -name '*.pb.go' -o -name '*.pb.gw.go')

// Command kstatus says how an object stands in the eyes of Flux, Helm 4 and kpt: it asks the library that they use.
// It reads the object as JSON and prints {"status": ..., "message": ...}. Files of Flux Kustomizations may be named: the
// first healthCheckExprs in them that fit the object judge it, by Flux's own code.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	flux "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/runtime/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

func main() {
	if err := answer(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func answer(kustomizations []string, in io.Reader, out io.Writer) error {
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	var object unstructured.Unstructured
	if err := object.UnmarshalJSON(text); err != nil {
		return err
	}
	result, err := judge(kustomizations, &object)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(map[string]string{
		"status":  string(result.Status),
		"message": result.Message,
	})
}

func judge(kustomizations []string, object *unstructured.Unstructured) (*status.Result, error) {
	for _, file := range kustomizations {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var found flux.Kustomization
		if err := yaml.UnmarshalStrict(text, &found); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for _, check := range found.Spec.HealthCheckExprs {
			if check.APIVersion == object.GetAPIVersion() && check.Kind == object.GetKind() {
				evaluator, err := cel.NewStatusEvaluator(&check.HealthCheckExpressions)
				if err != nil {
					return nil, err
				}
				return evaluator.Evaluate(context.Background(), object)
			}
		}
	}
	return status.Compute(object)
}

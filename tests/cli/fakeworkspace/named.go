package main

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/databricks/cli/libs/testserver"
	"github.com/databricks/databricks-sdk-go/service/compute"
	"github.com/databricks/databricks-sdk-go/service/dashboards"
	"github.com/databricks/databricks-sdk-go/service/ml"
)

// addNamedHandlers registers how things are found by their names: the CLI's fake leaves a trashed dashboard at its path,
// finds no experiment by its name, and always the same two clusters. Nor does it refuse a second dashboard or experiment.
func addNamedHandlers(server *testserver.Server, made *dashboardLog) {
	var creating sync.Mutex
	server.Handle("POST", "/api/2.0/lakeview/dashboards", onlyOnce(&creating,
		func(w *testserver.FakeWorkspace, asked dashboards.Dashboard) (string, string) {
			name := dashboardPath(asked.ParentPath, asked.DisplayName)
			if w.FileExists(name) {
				return "RESOURCE_ALREADY_EXISTS", fmt.Sprintf("A node at %s already exists", name)
			}
			return "", ""
		},
		made.create))
	server.Handle("DELETE", "/api/2.0/lakeview/dashboards/{dashboard_id}", func(req testserver.Request) any {
		name := made.pathOf(req.Workspace, req.Vars["dashboard_id"])
		answer := req.Workspace.DashboardTrash(req)
		if name != "" {
			req.Workspace.WorkspaceDelete(name, false)
		}
		return answer
	})
	server.Handle("POST", "/api/2.0/mlflow/experiments/create", onlyOnce(&creating,
		func(w *testserver.FakeWorkspace, asked ml.CreateExperiment) (string, string) {
			if experimentNamed(w, asked.Name) != nil {
				return "RESOURCE_ALREADY_EXISTS", fmt.Sprintf("Node named '%s' already exists", asked.Name)
			}
			return "", ""
		},
		func(req testserver.Request) any { return req.Workspace.ExperimentCreate(req) }))
	server.Handle("GET", "/api/2.0/mlflow/experiments/get-by-name", func(req testserver.Request) any {
		name := req.URL.Query().Get("experiment_name")
		found := experimentNamed(req.Workspace, name)
		if found == nil {
			return apiError(http.StatusNotFound, "RESOURCE_DOES_NOT_EXIST", fmt.Sprintf("Node %s does not exist.", name))
		}
		return testserver.Response{Body: ml.GetExperimentByNameResponse{Experiment: found}}
	})
	server.Handle("GET", "/api/2.1/clusters/list", func(req testserver.Request) any {
		defer req.Workspace.LockUnlock()()
		found := []compute.ClusterDetails{}
		for _, cluster := range req.Workspace.Clusters {
			found = append(found, cluster)
		}
		slices.SortFunc(found, func(a, b compute.ClusterDetails) int { return cmp.Compare(a.ClusterId, b.ClusterId) })
		return testserver.Response{Body: compute.ListClustersResponse{Clusters: found}}
	})
}

// experimentNamed returns the experiment of a name, if it is not deleted.
func experimentNamed(w *testserver.FakeWorkspace, name string) *ml.Experiment {
	defer w.LockUnlock()()
	name = strings.TrimPrefix(name, "/Workspace")
	for _, found := range w.Experiments {
		if found.Experiment != nil && found.Experiment.Name == name && found.Experiment.LifecycleStage != "deleted" {
			return found.Experiment
		}
	}
	return nil
}

func dashboardPath(parent, name string) string {
	if !strings.HasPrefix(parent, "/Workspace/") {
		parent = "/Workspace" + parent
	}
	return parent + "/" + name + ".lvdash.json"
}

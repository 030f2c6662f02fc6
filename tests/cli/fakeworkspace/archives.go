package main

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"path"
	"strings"

	"github.com/databricks/cli/libs/testserver"
	"github.com/databricks/databricks-sdk-go/service/workspace"
)

// addExportHandler makes the fake export a folder as a workspace does in the format AUTO: a ZIP archive of the files and
// notebooks below it, each under the folder's name. The CLI's fake knows no export of folders.
func addExportHandler(server *testserver.Server) {
	server.Handle("GET", "/api/2.0/workspace/export", func(req testserver.Request) any {
		query := req.URL.Query()
		name := query.Get("path")
		content := req.Workspace.WorkspaceExport(name)
		if folder := path.Clean("/" + name); content == nil && req.Workspace.DirectoryExists(folder) {
			if query.Get("format") != string(workspace.ExportFormatAuto) {
				return apiError(http.StatusBadRequest, "INVALID_PARAMETER_VALUE", "The fake exports a folder in the format AUTO alone.")
			}
			archive, err := archiveFolder(req.Workspace, folder)
			if err != nil {
				return apiError(http.StatusInternalServerError, "INTERNAL_ERROR", err.Error())
			}
			content = archive
		}
		switch {
		case content == nil:
			return apiError(http.StatusNotFound, "RESOURCE_DOES_NOT_EXIST", fmt.Sprintf("Path (%s) doesn't exist.", name))
		case query.Get("direct_download") == "true":
			return content
		default:
			return testserver.Response{Body: workspace.ExportResponse{Content: base64.StdEncoding.EncodeToString(content)}}
		}
	})
}

func archiveFolder(w *testserver.FakeWorkspace, folder string) ([]byte, error) {
	var content bytes.Buffer
	archive := zip.NewWriter(&content)
	for level := []string{folder}; len(level) > 0; level = level[1:] {
		listing, _ := w.WorkspaceList(level[0]).Body.(workspace.ListResponse)
		for _, item := range listing.Objects {
			if item.ObjectType == workspace.ObjectTypeDirectory {
				level = append(level, item.Path)
				continue
			}
			member, err := archive.Create(strings.TrimPrefix(item.Path, path.Dir(folder)+"/"))
			if err != nil {
				return nil, err
			}
			if _, err := member.Write(w.WorkspaceExport(item.Path)); err != nil {
				return nil, err
			}
		}
	}
	err := archive.Close()
	return content.Bytes(), err
}

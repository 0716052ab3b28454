import { Controller, Delete, HttpCode, Inject, Post } from '@nestjs/common';
import { IdParam, inProject, JsonBody, Operation } from '@haven/http';
import { labelReference, type LabelReference } from '../label/label.schema.js';
import type { ArtifactPath } from './artifact-lookup.repository.js';
import { ArtifactLabelService } from './artifact-label.service.js';
import { PathArtifact } from './artifact-path.decorator.js';

@Controller('/api/v2.0/projects/:project_name/repositories/:repository_name/artifacts/:reference/labels')
export class ArtifactLabelController {
  constructor(@Inject(ArtifactLabelService) private readonly labels: ArtifactLabelService) {}

  @Post()
  @HttpCode(200)
  @Operation('addLabel', inProject('artifact-label', 'create'))
  addLabel(@PathArtifact() path: ArtifactPath, @JsonBody(labelReference) { id }: LabelReference): Promise<void> {
    return this.labels.add(path, id);
  }

  @Delete('/:label_id')
  @Operation('removeLabel', inProject('artifact-label', 'delete'))
  removeLabel(@PathArtifact() path: ArtifactPath, @IdParam('label_id') id: number): Promise<void> {
    return this.labels.remove(path, id);
  }
}

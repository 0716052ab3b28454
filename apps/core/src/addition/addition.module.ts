import { Module } from '@nestjs/common';
import { ArtifactModule } from '../artifact/artifact.module.js';
import { RegistryClient } from '../registry/registry.client.js';
import { AdditionController } from './addition.controller.js';
import { AdditionService } from './addition.service.js';

@Module({ imports: [ArtifactModule], controllers: [AdditionController], providers: [AdditionService, RegistryClient] })
export class AdditionModule {}

import { Module } from '@nestjs/common';
import { DigestRepository } from './digest.repository.js';
import { SizeRepository } from './size.repository.js';
import { SpaceController } from './space.controller.js';
import { SpaceService } from './space.service.js';

@Module({ controllers: [SpaceController], providers: [SpaceService, DigestRepository, SizeRepository] })
export class SpaceModule {}

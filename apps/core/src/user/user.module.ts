import { Module } from '@nestjs/common';
import { CurrentPermissionService } from './current-permission.service.js';
import { UserController } from './user.controller.js';
import { UserRepository } from './user.repository.js';
import { UserService } from './user.service.js';

@Module({ controllers: [UserController], providers: [UserService, UserRepository, CurrentPermissionService] })
export class UserModule {}
